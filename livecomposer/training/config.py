"""One run, as written in its TOML file."""

from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from livecomposer.errors import SettingError
from livecomposer.model.decoder import Shape
from livecomposer.tokens import barnote, remi
from livecomposer.tokens.vocabulary import VOCABULARY
from livecomposer.toml_files import read_toml
from livecomposer.training.batches import Augmentation
from livecomposer.training.schedule import SCHEDULES

__all__ = ["Config", "Stage", "load_config"]

VOCABULARIES = {"performance": VOCABULARY.size, "barnote": barnote.SIZE, "remi": remi.SIZE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Part of a run with one length of cut: short cuts first, then cuts longer than the window."""

    steps: int
    rows: int
    length: int  # tokens
    rows_at_once: int = 0  # rows whose gradient is computed at a time; 0: all. One is fastest on a CPU (its caches)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What is trained, on what, how fast and how long."""

    layers: int
    width: int
    heads: int
    hidden: int
    window: int
    stages: tuple[Stage, ...]
    tokens: str = "performance"  # or barnote, remi
    modes: int = 0  # 2: the weights are told whether the two play together
    architecture: str = "transformer"  # or lstm, which has no use for heads and hidden; or gpt2
    positions: str = "rope"  # or absolute, relative, xl, alibi
    shared: bool = False  # whether all layers have one table of relative positions
    residual: bool = False  # whether each layer's attention scores are added to the next one's
    seed: int = 1
    schedule: str = "wsd"  # warm-up, plateau, cool-down; or cosine, which has no plateau
    warmup: int = 100  # steps
    cooldown: int = 1000  # steps
    matrix_rate: float = 0.02  # Muon's peak learning rate
    other_rate: float = 0.003  # AdamW's
    weight_decay: float = 0.01
    clip: float = 1.0  # largest norm of the gradient
    ema: float = 0.0  # share of the running mean of the weights that a step keeps, as 0.999; 0: there is none
    validate_every: int = 250  # steps
    validation_rows: int = 64
    save_every: int = 100  # steps
    autocast: bool = False  # bfloat16
    augmentation: Augmentation = field(default_factory=Augmentation)

    @property
    def shape(self) -> Shape:
        """The network to train."""
        own = {one.name for one in fields(self)}
        same = {one.name: getattr(self, one.name) for one in fields(Shape) if one.name in own}
        return Shape(vocabulary=VOCABULARIES.get(self.tokens, 0), **same)

    @property
    def steps(self) -> int:
        """Steps of the whole run."""
        return sum(stage.steps for stage in self.stages)

    def stage_at(self, step: int) -> Stage:
        """The stage that ``step`` falls in."""
        for stage in self.stages:
            if step < stage.steps:
                return stage
            step -= stage.steps
        return self.stages[-1]


def load_config(path: Path) -> Config:
    """Read a run's TOML file; raises :class:`SettingError` for an unknown or missing key."""
    given = read_toml(path, wanted="a training config such as those in config/training/")
    unknown = set(given) - {f.name for f in fields(Config)}
    if unknown:
        raise SettingError(f"{path}: unknown key {min(unknown)!r}; wanted: {', '.join(f.name for f in fields(Config))}")
    try:
        stages = tuple(Stage(**stage) for stage in given.pop("stages", ()))
        augmentation = Augmentation(**given.pop("augmentation", {}))
        config = Config(**given, stages=stages, augmentation=augmentation)
        wrong = _fault(config)
    except TypeError as error:
        raise SettingError(f"{path}: {error}; see config/training/ for a whole one") from error
    if wrong:
        raise SettingError(f"{path}: {wrong}; see config/training/ for a whole one")
    return config


def _fault(config: Config) -> str:
    """What no run could begin with, if anything; :class:`TypeError` for what is no number."""
    numbers = {"validate_every": config.validate_every, "save_every": config.save_every}
    numbers |= {
        f"stages.{key}": value
        for stage in config.stages
        for key, value in asdict(stage).items()
        if key != "rows_at_once" or value
    }
    small = [name for name, value in numbers.items() if not isinstance(value, int) or value < 1]
    if small:
        return f"{small[0]} = {numbers[small[0]]!r}, wanted a whole number of at least 1"
    if not config.stages:
        return "no [[stages]], wanted at least one"
    if config.tokens not in VOCABULARIES:
        return f"tokens = {config.tokens!r}, wanted {' or '.join(VOCABULARIES)}"
    if config.schedule not in SCHEDULES:
        return f"schedule = {config.schedule!r}, wanted {' or '.join(SCHEDULES)}"
    if not 0 <= config.ema < 1:
        return f"ema = {config.ema}, wanted 0 or a share below 1"
    return config.shape.fault()
