"""Judges `moving_average`: fixed examples, random series, the edges, and the time for a long one."""

from checks import Program, Random, Speed, case
from solution import moving_average


@case(
    {"en": "The examples of the statement", "ko": "설명에 나온 예"},
    points=2,
    hint={
        "en": "Count the windows: a list of n values has n - window + 1 of them.",
        "ko": "윈도가 몇 개인지 세어 보세요. 값이 n개면 n - window + 1개예요.",
    },
)
def examples(program: Program, random: Random) -> None:
    program.call("moving_average", [1, 2, 3, 4], 2).is_near([1.5, 2.5, 3.5])
    program.call("moving_average", [5.0, 7.0], 2).is_near([6.0])


@case(
    {"en": "Random series", "ko": "무작위 데이터"},
    points=3,
    repeat=10,
    partial=True,
    hint={
        "en": "Is the first window the first values, and the last one the last?",
        "ko": "첫 윈도는 데이터의 맨 앞에서, 마지막 윈도는 맨 뒤에서 끝나나요?",
    },
)
def random_series(program: Program, random: Random) -> None:
    values = random.floats(random.randint(3, 12), -20, 40)
    values = [round(value, 1) for value in values]
    window = random.randint(1, len(values))
    program.call("moving_average", values, window).is_near(moving_average(values, window), absolute=1e-6)


@case(
    {"en": "At the edges", "ko": "경계"},
    points=2,
    hidden=True,
    hint={
        "en": "Try a window that is longer than the series, an empty series, and windows of 0 and below.",
        "ko": "데이터보다 긴 윈도, 빈 데이터, 0 이하의 윈도로 불러 보세요.",
    },
)
def edges(program: Program, random: Random) -> None:
    program.call("moving_average", random.floats(3), random.randint(4, 9)).equals([])
    program.call("moving_average", [], 1).equals([])
    program.call("moving_average", random.floats(3), 0).raises(ValueError)
    program.call("moving_average", random.floats(3), -random.randint(1, 5)).raises(ValueError)


@case(
    {"en": "A long series", "ko": "긴 데이터"},
    points=3,
    seconds=10,
    speed=Speed(share=2 / 3, full=2, none=5),
    hint={
        "en": "From one window to the next only two values change: one comes in, one goes out.",
        "ko": "한 윈도에서 다음 윈도로 갈 때 바뀌는 값은 둘뿐이에요. 하나가 들어오고 하나가 나갑니다.",
    },
)
def long_series(program: Program, random: Random) -> None:
    values = random.floats(20_000, -20, 40)
    window = random.randint(9_500, 10_500)
    program.call("moving_average", values, window).is_near(moving_average(values, window), absolute=1e-6)
