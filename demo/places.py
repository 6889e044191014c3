"""Forty European cities that parcels travel through."""

from typing import Final

import msgspec


class Place(msgspec.Struct, frozen=True):
    """A city; latitude and longitude in degrees, two decimals."""

    name: str
    latitude: float
    longitude: float


CITIES: Final[tuple[Place, ...]] = (
    Place("Amsterdam", 52.37, 4.9),
    Place("Antwerpen", 51.22, 4.4),
    Place("Athina", 37.98, 23.73),
    Place("Barcelona", 41.39, 2.17),
    Place("Beograd", 44.79, 20.45),
    Place("Berlin", 52.52, 13.4),
    Place("Bratislava", 48.15, 17.11),
    Place("Bruxelles", 50.85, 4.35),
    Place("București", 44.43, 26.1),
    Place("Budapest", 47.5, 19.04),
    Place("Dublin", 53.35, -6.26),
    Place("Frankfurt am Main", 50.11, 8.68),
    Place("Gdańsk", 54.35, 18.65),
    Place("Genève", 46.2, 6.14),
    Place("Göteborg", 57.71, 11.97),
    Place("Hamburg", 53.55, 9.99),
    Place("Helsinki", 60.17, 24.94),
    Place("København", 55.68, 12.57),
    Place("Kraków", 50.06, 19.94),
    Place("Leipzig", 51.34, 12.37),
    Place("Lisboa", 38.72, -9.14),
    Place("Ljubljana", 46.06, 14.51),
    Place("London", 51.51, -0.13),
    Place("Luxembourg", 49.61, 6.13),
    Place("Lyon", 45.76, 4.84),
    Place("Madrid", 40.42, -3.7),
    Place("Marseille", 43.3, 5.37),
    Place("Milano", 45.46, 9.19),
    Place("München", 48.14, 11.58),
    Place("Napoli", 40.85, 14.27),
    Place("Oslo", 59.91, 10.75),
    Place("Paris", 48.86, 2.35),
    Place("Porto", 41.15, -8.61),
    Place("Praha", 50.08, 14.44),
    Place("Riga", 56.95, 24.11),
    Place("Roma", 41.9, 12.5),
    Place("Stockholm", 59.33, 18.07),
    Place("Warszawa", 52.23, 21.01),
    Place("Wien", 48.21, 16.37),
    Place("Zürich", 47.38, 8.54),
)
