"""The sample group on paper: twelve affiliates, their departments two deep, the jobs that people hold in them."""

from __future__ import annotations

from dataclasses import dataclass

GROUP = "maru"
# Every affiliate has it: whoever leads its second team is the affiliate's training admin.
_SUPPORT = ("support", "Business support", "경영지원실", "office",
            ("finance", "Finance and planning", "재무기획팀"),
            ("learning", "People and learning", "인재육성팀"))  # fmt: skip

# code, family, English, Korean
JOB_FAMILIES = (
    ("leadership", "Leadership", "경영"), ("engineering", "Engineering", "엔지니어링"),
    ("software", "Software", "소프트웨어"), ("data", "Data and AI", "데이터·AI"),
    ("business", "Business", "사업"), ("operations", "Operations", "운영"), ("office", "Corporate", "경영지원"),
)  # fmt: skip
JOB_ROLES = (
    ("chief-executive", "leadership", "Chief executive", "대표이사"),
    ("division-head", "leadership", "Division head", "본부장"),
    ("team-lead", "leadership", "Team lead", "팀장"),
    ("process-engineer", "engineering", "Process engineer", "공정 엔지니어"),
    ("quality-engineer", "engineering", "Quality engineer", "품질 엔지니어"),
    ("equipment-engineer", "engineering", "Equipment engineer", "설비 엔지니어"),
    ("software-engineer", "software", "Software engineer", "소프트웨어 엔지니어"),
    ("platform-engineer", "software", "Platform engineer", "플랫폼 엔지니어"),
    ("data-analyst", "data", "Data analyst", "데이터 분석가"),
    ("data-scientist", "data", "Data scientist", "데이터 사이언티스트"),
    ("ai-engineer", "data", "AI engineer", "AI 엔지니어"),
    ("account-manager", "business", "Account manager", "영업 담당"),
    ("product-planner", "business", "Product planner", "상품 기획자"),
    ("marketer", "business", "Marketer", "마케팅 담당"),
    ("site-manager", "operations", "Site manager", "현장 관리자"),
    ("supply-planner", "operations", "Supply planner", "수급 계획 담당"),
    ("service-specialist", "operations", "Customer service specialist", "고객 서비스 담당"),
    ("accountant", "office", "Accountant", "회계 담당"),
    ("risk-analyst", "office", "Risk analyst", "리스크 분석가"),
    ("people-partner", "office", "People partner", "인사 담당"),
    ("learning-designer", "office", "Learning designer", "교육 기획 담당"),
)  # fmt: skip


@dataclass(frozen=True)
class Team:
    code: str
    en: str
    ko: str


@dataclass(frozen=True)
class Division:
    code: str
    en: str
    ko: str
    # Job family of who works there.
    family: str
    teams: tuple[Team, ...]


@dataclass(frozen=True)
class Affiliate:
    code: str
    en: str
    ko: str
    # Where its people come from: kr, us, vn.
    place: str
    time_zone: str
    divisions: tuple[Division, ...]

    @property
    def locale(self) -> str:
        return "ko" if self.place == "kr" else "en"


_Row = tuple[str, str, str, str, tuple[str, str, str], tuple[str, str, str]]


def _affiliate(
    code: str, en: str, ko: str, *rows: _Row, place: str = "kr", zone: str = "Asia/Seoul"
) -> Affiliate:
    short = code.removeprefix("maru-")
    divisions = tuple(
        Division(
            f"{short}-{division}",
            division_en,
            division_ko,
            family,
            tuple(Team(f"{short}-{division}-{team}", *names) for team, *names in teams),
        )
        for division, division_en, division_ko, family, *teams in (*rows, _SUPPORT)
    )
    return Affiliate(code, en, ko, place, zone, divisions)


AFFILIATES = (
    _affiliate("maru-electronics", "Maru Electronics", "마루전자",
        ("memory", "Memory business", "메모리사업부", "engineering",
            ("process", "Process technology", "공정기술팀"), ("yield", "Yield analysis", "수율분석팀")),
        ("device", "Device business", "디바이스사업부", "software",
            ("firmware", "Firmware", "펌웨어팀"), ("app", "App services", "앱서비스팀"))),
    _affiliate("maru-chemical", "Maru Chemical", "마루화학",
        ("plant", "Plant operations", "생산본부", "engineering",
            ("olefin", "Olefin plant", "올레핀생산팀"), ("safety", "Plant safety", "공정안전팀")),
        ("materials", "Advanced materials", "첨단소재사업부", "data",
            ("battery", "Battery materials", "배터리소재팀"), ("informatics", "Materials informatics", "소재정보팀"))),
    _affiliate("maru-mobility", "Maru Mobility", "마루모빌리티",
        ("parts", "Parts manufacturing", "부품생산본부", "engineering",
            ("stamping", "Stamping", "프레스팀"), ("inspection", "Vision inspection", "비전검사팀")),
        ("drive", "Autonomous driving", "자율주행연구소", "data",
            ("perception", "Perception", "인지알고리즘팀"), ("simulation", "Simulation", "시뮬레이션팀"))),
    _affiliate("maru-energy", "Maru Energy", "마루에너지",
        ("grid", "Grid and storage", "전력사업부", "engineering",
            ("storage", "Energy storage", "에너지저장팀"), ("forecast", "Demand forecast", "수요예측팀")),
        ("solar", "Renewables", "신재생사업부", "operations",
            ("sites", "Site operation", "발전소운영팀"), ("trading", "Energy trading", "전력거래팀"))),
    _affiliate("maru-construction", "Maru Construction", "마루건설",
        ("building", "Building", "건축본부", "operations",
            ("sites", "Site management", "현장관리팀"), ("safety", "Site safety", "현장안전팀")),
        ("digital", "Digital construction", "스마트건설실", "software",
            ("bim", "Building models", "설계정보팀"), ("drone", "Drone survey", "드론측량팀"))),
    _affiliate("maru-card", "Maru Card", "마루카드",
        ("credit", "Credit", "신용관리본부", "data",
            ("risk", "Risk models", "리스크모형팀"), ("fraud", "Fraud detection", "이상거래탐지팀")),
        ("member", "Member business", "회원사업부", "business",
            ("marketing", "Member marketing", "회원마케팅팀"), ("partner", "Partnerships", "제휴사업팀"))),
    _affiliate("maru-insurance", "Maru Insurance", "마루손해보험",
        ("claims", "Claims", "보상본부", "operations",
            ("auto", "Car claims", "자동차보상팀"), ("long", "Long-term claims", "장기보상팀")),
        ("actuary", "Actuarial", "계리실", "data",
            ("pricing", "Pricing", "상품계리팀"), ("data", "Data strategy", "데이터전략팀"))),
    _affiliate("maru-retail", "Maru Retail", "마루리테일",
        ("stores", "Stores", "점포사업부", "operations",
            ("seoul", "Seoul stores", "서울점포팀"), ("fresh", "Fresh food", "신선식품팀")),
        ("online", "Online", "온라인사업부", "business",
            ("merchandise", "Merchandising", "상품기획팀"), ("recommend", "Recommendation", "추천서비스팀"))),
    _affiliate("maru-logistics", "Maru Logistics", "마루로지스",
        ("hub", "Hubs", "허브운영본부", "operations",
            ("sorting", "Sorting", "분류운영팀"), ("robot", "Warehouse robots", "물류로봇팀")),
        ("delivery", "Delivery", "배송사업부", "business",
            ("routes", "Route planning", "배차계획팀"), ("clients", "Key clients", "기업고객팀"))),
    _affiliate("maru-telecom", "Maru Telecom", "마루텔레콤",
        ("network", "Network", "네트워크본부", "engineering",
            ("core", "Core network", "코어망팀"), ("quality", "Network quality", "망품질팀")),
        ("cloud", "Cloud", "클라우드사업부", "software",
            ("platform", "Platform", "플랫폼개발팀"), ("security", "Security", "보안개발팀"))),
    _affiliate("maru-america", "Maru America", "마루아메리카",
        ("sales", "Sales", "판매본부", "business",
            ("east", "East coast", "동부영업팀"), ("west", "West coast", "서부영업팀")),
        ("lab", "Research lab", "미국연구소", "data",
            ("vision", "Computer vision", "비전연구팀"), ("language", "Language models", "언어모델팀")),
        place="us", zone="America/New_York"),
    _affiliate("maru-vietnam", "Maru Vietnam", "마루비나",
        ("factory", "Hanoi factory", "하노이공장", "engineering",
            ("assembly", "Assembly", "조립팀"), ("quality", "Quality", "품질팀")),
        ("supply", "Supply chain", "공급망본부", "operations",
            ("purchasing", "Purchasing", "구매팀"), ("shipping", "Shipping", "출하팀")),
        place="vn", zone="Asia/Ho_Chi_Minh"),
)  # fmt: skip
