"""Lists are whole, however many keys there are."""
from transit import Transit


def test_a_list_without_a_limit_is_whole(gateway):
    backend = Transit(gateway)
    names = [f"many-{i:05}" for i in range(1100)]  # more than is read from the store at a time
    for name in names:
        backend("POST", f"encrypt/{name}", {"plaintext": ""})
    assert [name for name in backend("LIST", "keys")["keys"] if name.startswith("many-")] == names
    assert backend("GET", "keys?list=true&limit=0&prefix=many-")["keys"] == names
    assert backend("GET", "keys?list=true&limit=1050&prefix=many-")["keys"] == names[:1050]
    assert backend("GET", "keys?list=true&after=many-00999&prefix=many-")["keys"] == names[1000:]
