"""Checks a recorded request and its answer against aiogram's models, which are generated from the Bot API itself."""

from typing import Any

from aiogram import methods
from aiogram.methods import TelegramMethod
from aiogram.types import BufferedInputFile
from pydantic import TypeAdapter

from bot.simulator import Recorded

_BY_NAME = {name.lower(): name for name in methods.__all__}


def method_model(name: str) -> type[TelegramMethod[Any]]:
    model: type[TelegramMethod[Any]] = getattr(methods, _BY_NAME[name.lower()])
    return model


def check_request(recorded: Recorded) -> TelegramMethod[Any]:
    """The typed request. Raises where it has a parameter the Bot API does not know, or a wrong value."""
    model = method_model(recorded.method)
    unknown = recorded.call.params.keys() - model.model_fields.keys()
    attached = {name for name in recorded.call.files if name not in model.model_fields}
    if unknown - attached:
        raise ValueError(f"{recorded.method} has no parameter {sorted(unknown)}")
    arguments = {name: _with_files(value, recorded) for name, value in recorded.arguments().items()}
    for name, file in recorded.call.files.items():
        if name in model.model_fields:
            arguments[name] = BufferedInputFile(file.data, file.file_name)
    return model.model_validate(arguments)


def _with_files(value: Any, recorded: Recorded) -> Any:
    if isinstance(value, str) and value.startswith("attach://"):
        file = recorded.call.files[value.removeprefix("attach://")]
        return BufferedInputFile(file.data, file.file_name)
    if isinstance(value, list):
        return [_with_files(item, recorded) for item in value]
    if isinstance(value, dict):
        return {name: _with_files(item, recorded) for name, item in value.items()}
    return value


def check_answer(recorded: Recorded) -> None:
    """An accepted request's result is what the Bot API promises of the method."""
    if recorded.answer.get("ok"):
        TypeAdapter(method_model(recorded.method).__returning__).validate_python(recorded.answer["result"])
