"""Random operations over random schemas and data, answered by two executors whose answers must be the same.

    sdl.py       a schema's text               wiring.py    its resolvers
    queries.py   operations over a schema      arguments.py their arguments and variables
    recipes.py   what data is made of          data.py      data for an operation
    house.py     a graph as the house writes it
    cases.py     all of it together            judge.py     runs a case with both and compares
    oracle.py    what the reference could also have answered, where awaitables race
    reduce.py    a smaller operation with the same difference
    mutants.py   broken executors, which must be found

Everything is drawn from one `random.Random`, so a case is named by its seed.
"""
