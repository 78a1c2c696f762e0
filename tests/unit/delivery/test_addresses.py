"""Where messages may go, and where never."""

from collections.abc import Sequence

import pytest

from delivery.addresses import AddressRefused, AddressUnknown, Allowed, SystemResolver, pin


class Names:
    """A resolver of made-up names; each question takes the next answer."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked = 0

    async def addresses(self, host: str, port: int) -> Sequence[str]:
        self.asked += 1
        return self._answers.pop(0)


INSIDE = [
    ("127.0.0.1", "loopback"),
    ("10.2.3.4", "private"),
    ("172.16.0.1", "private"),
    ("192.168.1.1", "private"),
    ("100.64.0.1", "shared by a carrier"),
    ("169.254.1.1", "link-local"),
    ("169.254.169.254", "metadata"),
    ("168.63.129.16", "metadata at a public address"),
    ("0.0.0.0", "this host"),  # noqa: S104 - refused, not listened at
    ("224.0.0.1", "multicast"),
    ("240.0.0.1", "reserved"),
    ("255.255.255.255", "broadcast"),
    ("198.18.0.1", "benchmarks"),
    ("::1", "loopback"),
    ("::", "unspecified"),
    ("fe80::1%eth0", "link-local with a zone"),
    ("fc00::1", "unique local"),
    ("fd00:ec2::254", "metadata"),
    ("fec0::1", "site-local"),
    ("ff02::1", "multicast"),
    ("::ffff:127.0.0.1", "mapped loopback"),
    ("::ffff:10.0.0.1", "mapped private"),
    ("::ffff:a9fe:a9fe", "mapped metadata"),
    ("::127.0.0.1", "compatible loopback"),
    ("64:ff9b::7f00:1", "NAT64 of loopback"),
    ("64:ff9b::a9fe:a9fe", "NAT64 of metadata"),
    ("64:ff9b:1::1", "local translation"),
    ("2002:7f00:1::", "6to4 of loopback"),
    ("2001:0:7f00:1::", "Teredo"),
]


@pytest.mark.parametrize(("address", "what"), INSIDE)
async def test_an_address_inside_is_refused(address: str, what: str) -> None:
    with pytest.raises(AddressRefused):
        await pin("https://hooks.example.com/x", Names([address]), Allowed())


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::808:808"]
)
async def test_an_address_of_the_open_internet_is_pinned(address: str) -> None:
    pinned = await pin("https://hooks.example.com/x?y=1", Names([address]), Allowed())
    assert (pinned.address, pinned.host, pinned.port, pinned.path) == (
        address,
        "hooks.example.com",
        443,
        "/x?y=1",
    )


async def test_one_bad_address_among_good_ones_is_enough() -> None:
    with pytest.raises(AddressRefused):
        await pin("https://hooks.example.com/", Names(["93.184.215.14", "10.0.0.1"]), Allowed())


@pytest.mark.parametrize(
    "host", ["2130706433", "0177.0.0.1", "0x7f.1", "127.1", "0x7f000001", "[::ffff:7f00:1]"]
)
async def test_other_spellings_of_loopback_are_refused(host: str) -> None:
    with pytest.raises((AddressRefused, AddressUnknown)):
        await pin(f"http://{host}/", SystemResolver(), Allowed())


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ftp://hooks.example.com/", "must begin with https"),
        ("https:///x", "name a host"),
        ("https://ana:secret@hooks.example.com/", "user name or password"),
        ("https://hooks.example.com:8443/", "neither 443 nor 80"),
        ("https://hooks.example.com:99999/", "cannot be read"),
        ("https://hooks.example.com/a b", "spaces"),
    ],
)
async def test_a_url_that_goes_nowhere_allowed_is_told(url: str, words: str) -> None:
    with pytest.raises(AddressRefused, match=words):
        await pin(url, Names(["93.184.215.14"]), Allowed())


async def test_a_setting_allows_receivers_in_a_private_network() -> None:
    allowed = Allowed.parse("10.1.0.0/16, hooks.example.internal:8443")
    assert (await pin("http://crm.example.internal:9000/", Names(["10.1.2.3"]), allowed)).port == 9000
    assert (await pin("https://hooks.example.internal:8443/", Names(["192.168.7.7"]), allowed)).port == 8443
    with pytest.raises(AddressRefused, match=r"allow hooks.example.internal:443"):
        await pin("https://hooks.example.internal/", Names(["192.168.7.7"]), allowed)


async def test_metadata_is_refused_inside_a_network_that_is_allowed() -> None:
    with pytest.raises(AddressRefused, match="credentials"):
        await pin("http://a.example.com/", Names(["169.254.169.254"]), Allowed.parse("169.254.0.0/16"))


@pytest.mark.parametrize("text", ["hooks.example.com", "10.1.0.0/99", "https://a.example.com:80", "a:b"])
def test_a_setting_that_cannot_be_read_says_what_to_write(text: str) -> None:
    with pytest.raises(ValueError, match=r"10\.1\.0\.0/16"):
        Allowed.parse(text)


async def test_a_name_is_asked_once() -> None:
    names = Names(["93.184.215.14"], ["127.0.0.1"])
    await pin("https://hooks.example.com/", names, Allowed())
    assert names.asked == 1
