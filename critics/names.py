"""Names that made problems give to people, places and things.

They mean nothing to a critic. The lists are short, so that a small model can know them all.
"""

PEOPLE = (
    *("Ada", "Bo", "Carla", "Dan", "Eva", "Finn", "Grace", "Hugo", "Ines", "Jack", "Kim", "Leo"),
    *("Mia", "Noah", "Olga", "Paul", "Quinn", "Rosa", "Sam", "Tara", "Uma", "Vera", "Will", "Yara"),
    *("Zoe", "Amir", "Bella", "Chen", "Dora", "Emil", "Fay", "Gus", "Hana", "Ivan", "Jane", "Karl"),
    *("Lena", "Max", "Nina", "Omar"),
)
PLACES = (
    *("Station", "Harbour", "Market", "Museum", "Library", "Old Town", "Castle", "Park", "Airport"),
    *("Theatre", "Bridge", "Tower", "Garden", "Stadium", "Campus", "Beach", "Hospital", "Mill"),
    *("Palace", "Zoo", "Square", "Church", "Cinema", "Gallery"),
)
CITIES = (
    *(
        "Rome",
        "Oslo",
        "Paris",
        "Madrid",
        "Vienna",
        "Prague",
        "Lisbon",
        "Dublin",
        "Athens",
        "Berlin",
    ),
    *(
        "Warsaw",
        "Zurich",
        "London",
        "Milan",
        "Porto",
        "Riga",
        "Split",
        "Geneva",
        "Munich",
        "Venice",
    ),
    *("Bergen", "Lyon", "Naples", "Krakow"),
)
THINGS = (
    *("apple", "boat", "candle", "drum", "engine", "feather", "guitar", "hammer", "island", "jar"),
    *("kite", "lamp", "mirror", "needle", "orange", "pencil", "quilt", "ring", "spoon", "table"),
    *("urn", "violin", "wheel", "zebra"),
)
COLORS = (
    *("red", "green", "blue", "yellow", "orange", "purple", "black", "white", "pink", "brown"),
    *("grey", "gold"),
)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
