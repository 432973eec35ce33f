"""Settings of questions about dialogues."""

from pydantic import BaseModel, ConfigDict, Field, model_validator


class DialogueSettings(BaseModel):
    """How many questions are posed about conversations, and how many look-alikes they are told apart from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    questions_per_type: int = Field(default=20, ge=1, description="Questions to keep per question type.")
    questions_per_conversation: int = Field(
        default=2, ge=1, description="Questions of one type about one conversation."
    )
    min_look_alikes: int = Field(default=3, ge=2, description="Fewest turns among which one is to be found.")
    max_look_alikes: int = Field(default=8, ge=2, description="Most turns among which one is to be found.")

    @model_validator(mode="after")
    def _check_look_alikes(self) -> "DialogueSettings":
        if self.min_look_alikes > self.max_look_alikes:
            raise ValueError("min_look_alikes is greater than max_look_alikes")
        return self
