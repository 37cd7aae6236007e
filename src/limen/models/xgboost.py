"""XGBoost's own model files, which hold numbers and no code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from limen._errors import InputError, MissingError


def from_file(path: Path) -> Any:
    """Open a FILE.json or FILE.ubj of XGBoost as the classifier or regressor that its objective asks for.

    Raises MissingError without xgboost, InputError for another file.
    """
    try:
        import xgboost
    except ImportError as error:
        raise MissingError(f"The model file {path.name!r} needs xgboost: pip install xgboost") from error
    try:
        settings = json.loads(xgboost.Booster(model_file=str(path)).save_config())
    except xgboost.core.XGBoostError as error:
        first = str(error).strip().splitlines()[0]
        raise InputError(f"model is {str(path)!r}, which is no model file of XGBoost: {first}") from error
    objective = settings["learner"]["objective"]["name"]
    model = xgboost.XGBClassifier() if objective.startswith(("binary:", "multi:")) else xgboost.XGBRegressor()
    model.load_model(path)
    return model
