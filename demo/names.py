"""Words that names of people and products are made of."""

import unicodedata
from typing import Final

FIRST: Final = (
    "Ada Agnès Alma Anders Anja Antoni Beatriz Björn Chiara Clara Dácil Elena Elif Emil Enzo Eva Fatima "
    "Femke Finn Georg Greta Hana Hugo Ida Imre Ines Jan Jonas Jürgen Kaja Lars Lea Léo Lotte Luca Mads "
    "Maja Marta Mateo Mila Nils Nina Noor Olga Oskar Pavel Petra Rafael Rosa Samir Signe Sofia Søren "
    "Tess Tomás Ugo Vera Viktor Yusuf Zoë"
).split()

LAST: Final = (
    "Andersson Bakker Bauer Bianchi Castro Costa Dubois Eriksen Farkas Fernández Fischer Fontana García "
    "Girard Hansen Horvát Jansen Jensen Kaya Keller Kovács Kowalski Larsen Lefèvre Lindqvist Lopes "
    "Marino Martin Meyer Moreau Müller Nagy Nielsen Novák Novotná Nowak Olsen Peeters Pereira Popescu "
    "Ricci Rossi Roux Santos Schmidt Silva Sørensen Szabó Tanaka Torres Vlček Virtanen Visser Weber "
    "Wójcik Zieliński"
).split()

MATERIALS: Final = (
    "Ash,Bamboo,Beech,Brass,Ceramic,Cherry,Concrete,Copper,Cork,Cotton,Enamel,Felt,Glass,Leather,Linen,"
    "Oak,Slate,Steel,Walnut,Wool"
).split(",")

THINGS: Final = (
    "basket,bench,bookend,bowl,box,candle holder,clock,coat hook,desk lamp,doormat,frame,jug,"
    "magazine rack,mirror,pen tray,pendant lamp,planter,serving board,shelf,side table,stool,tray,"
    "umbrella stand,vase,wall hanger"
).split(",")


def plain(name: str) -> str:
    """The name in small ASCII letters, for an email address."""
    spelled = name.lower().translate(str.maketrans("øł", "ol"))
    return unicodedata.normalize("NFKD", spelled).encode("ascii", "ignore").decode()
