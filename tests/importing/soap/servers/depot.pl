# SOAP::Lite's own daemon: answers in its own RPC style, with types that it finds by itself.
use strict;
use warnings;
use SOAP::Transport::HTTP;

package Depot;

sub add {
    my ($self, $first, $second) = @_;
    return $first + $second;
}

sub weigh {
    my ($self, $pallets) = @_;
    return [map { {name => $_->{name}, weight => $_->{weight} * 2, fragile => $_->{fragile}} } @$pallets];
}

sub names {
    my ($self, $names) = @_;
    return [map { uc } @$names];
}

sub anything {
    my ($self, $value) = @_;
    return $value;
}

package main;

$| = 1;
my $daemon = SOAP::Transport::HTTP::Daemon->new(LocalAddr => '127.0.0.1', LocalPort => 0)
    ->dispatch_to('Depot');
$daemon->dispatch_with({'urn:depot' => 'Depot'});
print $daemon->url, "\n";
$daemon->handle;
