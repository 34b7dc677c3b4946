"""The demo's network of shops: names as Indonesian retail has them, and what is wrong with some."""

from dataclasses import dataclass

CITIES = (
    ("JKT", "Jakarta", "DKI Jakarta"), ("BDG", "Bandung", "Jawa Barat"),
    ("SBY", "Surabaya", "Jawa Timur"), ("YOG", "Yogyakarta", "DI Yogyakarta"),
    ("SMG", "Semarang", "Jawa Tengah"), ("MDN", "Medan", "Sumatra"),
    ("MKS", "Makassar", "Sulawesi"), ("DPS", "Denpasar", "Bali dan Nusa Tenggara"),
    ("PLG", "Palembang", "Sumatra"), ("MLG", "Malang", "Jawa Timur"),
    ("BGR", "Bogor", "Jawa Barat"), ("SLO", "Surakarta", "Jawa Tengah"),
    ("PKL", "Pekalongan", "Jawa Tengah"), ("CRB", "Cirebon", "Jawa Barat"),
    ("PDG", "Padang", "Sumatra"), ("MND", "Manado", "Sulawesi"),
    ("BPN", "Balikpapan", "Kalimantan"), ("PTK", "Pontianak", "Kalimantan"),
    ("LOP", "Mataram", "Bali dan Nusa Tenggara"), ("BJM", "Banjarmasin", "Kalimantan"),
)  # fmt: skip
TRADES = (
    "Batik", "Kopi", "Skincare", "Sepatu", "Hijab", "Keripik", "Sambal", "Rotan", "Tenun",
    "Kebaya", "Madu", "Elektronik", "Mainan", "Jamu", "Perak", "Kosmetik", "Tas Anyam",
    "Alat Tulis", "Rendang", "Oleh-oleh",
)  # fmt: skip
NAMES = (
    "Sekar Arum", "Lereng Tapa", "Bening Ayu", "Langkah Bumi", "Rumah Naira", "Renyah Aji",
    "Dapur Wening", "Teduh", "Sasaka", "Griya Melati", "Rimba Kapuas", "Sinar Buana",
    "Kayu Taruna", "Warisan", "Kotagede Ratna", "Puspa Dewi", "Lestari", "Pelangi", "Uni Lia",
    "Khas Banua", "Cahaya Timur", "Mekar Jaya", "Nusa Indah",
)  # fmt: skip
PEOPLE = (
    "Dimas Prasetyo", "Sari Anggraini", "Hendra Wijaya", "Putri Maharani", "Retno Wulandari",
    "Galih Saputra", "Wulan Tanjung", "Bayu Kurniawan", "Laila Fitri", "Rizky Ramadhan",
    "Intan Permata", "Agus Santoso", "Maya Lestari", "Fajar Nugroho", "Dewi Kartika",
)  # fmt: skip
# What is wrong with the store at each place of every three hundred.
WRONG = {
    7: "revoked", 13: "revoked", 46: "revoked", 112: "revoked", 190: "revoked",
    29: "novideo", 75: "novideo",
    88: "private",
    150: "slow", 201: "flaky", 233: "slow",
    118: "never", 264: "never",
    40: "gap", 160: "gap",
}  # fmt: skip


@dataclass(frozen=True)
class Shop:
    """A store of the demo; `wrong` is one of the words of WRONG, or empty."""

    code: str
    name: str
    pic: str
    contact: str
    tags: tuple[str, ...]
    wrong: str

    @property
    def handle(self) -> str:
        return self.code.lower()

    @property
    def connected(self) -> bool:
        return self.wrong != "never"


def shop(at: int) -> Shop:
    """The shop at a place, always the same one."""
    short, city, region = CITIES[at % len(CITIES)]
    trade = TRADES[(at * 7 + at // len(CITIES)) % len(TRADES)]
    name = NAMES[(at * 5 + at // len(TRADES)) % len(NAMES)]
    pic = PEOPLE[(at * 11) % len(PEOPLE)]
    wrong = WRONG.get(at % 300, "")
    magic = f"-{wrong}" if wrong in ("private", "slow", "flaky") else ""
    return Shop(
        code=f"{short}-{at // len(CITIES) + 1:03d}{magic}",
        name=f"{trade} {name}, {city}",
        pic=pic,
        contact=f"+62 812-0000-{at:04d}",
        tags=(region, trade),
        wrong=wrong,
    )
