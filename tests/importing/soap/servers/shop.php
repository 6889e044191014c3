<?php
// A router for `php -S`: two services of PHP's own SoapServer, and a door that lets no call in.
ini_set('soap.wsdl_cache_enabled', '0');

class Shop
{
    public function GetItems($request)
    {
        $items = [];
        foreach ((array) ($request->Sku ?? []) as $sku) {
            if ($sku === 'none') {
                continue;
            }
            $item = ['Sku' => $sku, 'Count' => strlen($sku), 'Price' => '12.50', 'Note' => null, 'Open' => true,
                'Since' => '2026-05-04T03:02:01Z', 'Picture' => "\x00\x01\xff", 'Tag' => ['a & b', '<c>'], 'rank' => 7];
            if ($sku === 'bare') {
                $item = ['Sku' => $sku, 'Count' => 0, 'Open' => false];
            }
            $items[] = $item;
        }
        return ['Item' => $items];
    }

    public function PutItem($request)
    {
        if ($request->Item->Count > 100) {
            $detail = new SoapVar(
                '<ns:NoRoom xmlns:ns="urn:shop"><ns:Left>3</ns:Left><ns:Reason>full</ns:Reason>'
                . '<ns:Stack>at shop.php line 7</ns:Stack></ns:NoRoom>',
                XSD_ANYXML
            );
            throw new SoapFault('Client', 'no room at /var/www/shop', null, $detail);
        }
        if ($request->Item->Sku === 'crash') {
            throw new SoapFault('Server', 'password hunter2');
        }
        return ['Item' => $request->Item];
    }
}

class Depot
{
    public function add($a, $b)
    {
        return $a + $b;
    }

    public function weigh($pallets)
    {
        return array_map(function ($pallet) {
            $pallet->weight = $pallet->weight * 2;
            return $pallet;
        }, $pallets);
    }

    public function names($names)
    {
        return array_map('strtoupper', $names);
    }

    public function anything($value)
    {
        return $value;
    }
}

$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
if ($path === '/closed') {
    http_response_code(403);
    exit;
}
$server = new SoapServer(__DIR__ . ($path === '/depot' ? '/depot.wsdl' : '/shop.wsdl'));
$server->setClass($path === '/depot' ? 'Depot' : 'Shop');
$server->handle();
