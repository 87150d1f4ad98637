"""The translation step: identifies languages, and translates each distinct text once."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any

from pipeline.errors import ImageTranslationError
from pipeline.language.identification import NO_GUESS, Guess, LanguageIdentifier
from pipeline.language.tags import UNDETERMINED, primary
from pipeline.models import OutcomeWarning, PageText, Paragraph, Translation, WarningCode
from pipeline.redaction import redact_text
from pipeline.translation.daily_quota import DailyQuota
from pipeline.translation.engines.base import Translator
from pipeline.translation.glossary import Glossary
from pipeline.translation.plan import Plan, Text
from pipeline.translation.stored_translations import StoredTranslations
from pipeline.translation.translation_memory import TranslationMemory
from pipeline.translation.untranslatable import is_untranslatable

UNCHANGED = "unchanged"
"""The `engine` of a text that needs no translation into the target language."""

_CONCURRENT_TARGETS = 8
_MEMORY_CHARACTERS = 4_000_000


@dataclass(frozen=True, slots=True)
class TranslatedPages:
    """The pages with languages and translations, warnings, and counts of characters.

    `characters_translated` counts the characters sent, `characters_billed` those the engine
    charges for. Neither counts remembered texts, whose characters are `characters_remembered`.
    """

    pages: tuple[PageText, ...]
    warnings: tuple[OutcomeWarning, ...] = ()
    characters_translated: int = 0
    characters_billed: int = 0
    characters_remembered: int = 0


class TranslationStep:
    """Adds languages and translations to the paragraphs of an image; threads may share it.

    Args:
        translator: translates texts that are neither in the glossary nor in the memory.
        identifier: identifies the languages of an image's texts.
        glossary: its translations come before all others.
        max_characters_per_image: an image with more, over all targets, is not translated.
        max_characters_per_day: limit of this process for one day (UTC).
        stored: translations that all instances share.
        today: returns the current date; tests replace it.
    """

    def __init__(
        self,
        translator: Translator,
        identifier: LanguageIdentifier,
        *,
        glossary: Glossary | None = None,
        max_characters_per_image: int | None = None,
        max_characters_per_day: int | None = None,
        stored: StoredTranslations | None = None,
        today: Callable[[], date] = lambda: datetime.now(UTC).date(),
    ) -> None:
        self._translator = translator
        self._identifier = identifier
        self._glossary = glossary or Glossary()
        self._per_image = max_characters_per_image
        self._quota = DailyQuota(max_characters_per_day, today)
        self._memory = TranslationMemory(_MEMORY_CHARACTERS)
        self._stored = stored
        self._threads = ThreadPoolExecutor(_CONCURRENT_TARGETS, "translate")

    def translate_pages(
        self,
        pages: tuple[PageText, ...],
        *,
        source_language: str | None,
        target_languages: tuple[str, ...],
        deadline: float,
    ) -> TranslatedPages:
        """Adds its language and its translations to every paragraph.

        A paragraph without a translation into a target has no entry for it, and a warning
        says why.

        Args:
            pages: pages with paragraphs.
            source_language: language of all texts; None: identified.
            target_languages: BCP-47 tags.
            deadline: a reading of `time.monotonic()`.

        Raises:
            TransientError: from the translator. The memory keeps the finished translations,
                so that the next delivery does not pay for them again.
        """
        paragraphs = [paragraph for page in pages for paragraph in page.paragraphs]
        guesses = self._languages([paragraph.text for paragraph in paragraphs], source_language)
        texts = list(
            dict.fromkeys(
                (guess.language, paragraph.text)
                for guess, paragraph in zip(guesses, paragraphs, strict=True)
            )
        )
        plans = [self._plan(texts, target) for target in target_languages]
        if self._stored:
            self._recall_stored(self._stored, plans, deadline)
        cap_warnings = self._check_caps(sum(plan.characters for plan in plans))
        if cap_warnings:
            for plan in plans:
                plan.to_send.clear()
        sent = sum(plan.characters for plan in plans)
        billed = self._execute(plans, deadline)
        found = {plan.target: plan.known for plan in plans}
        described = iter(
            _described(paragraph, guess, found)
            for paragraph, guess in zip(paragraphs, guesses, strict=True)
        )
        return TranslatedPages(
            tuple(
                replace(page, paragraphs=tuple(next(described) for _ in page.paragraphs))
                for page in pages
            ),
            (*cap_warnings, *self._unsupported_warnings(plans)),
            sent,
            billed,
            sum(plan.remembered for plan in plans),
        )

    def describe(self) -> Mapping[str, Any]:
        """The translator's description and the glossary's digest, for the fingerprint."""
        digest = self._glossary.digest if self._glossary else None
        return {**self._translator.describe(), "glossary": digest}

    def reserve_bytes(self) -> int:
        """Memory that the translator may still allocate."""
        return self._translator.reserve_bytes()

    def close(self) -> None:
        """Ends the threads, and the translator's processes and connections."""
        self._threads.shutdown()
        if self._stored:
            self._stored.close()
        self._translator.close()

    def _languages(self, texts: Sequence[str], source_language: str | None) -> list[Guess]:
        # Texts that are the same in every language must not influence the identification.
        translatable = ["" if is_untranslatable(text) else text for text in texts]
        if source_language is None:
            return self._identifier.identify(translatable)
        return [Guess(source_language, 1.0) if text else NO_GUESS for text in translatable]

    def _plan(self, texts: Iterable[Text], target: str) -> Plan:
        plan = Plan(target)
        for language, text in texts:
            from_glossary = self._glossary.whole(text, language, target)
            remembered = self._memory.recall(language, target, text)
            if from_glossary is not None:
                known = Translation(from_glossary, "glossary", glossary=True)
            elif primary(language) == primary(target) or is_untranslatable(text):
                known = Translation(text, UNCHANGED)
            elif remembered is not None:
                plan.recall((language, text), remembered)
                continue
            elif self._translator.route(language, target) is None:
                plan.unsupported[language] += 1
                continue
            else:
                plan.to_send.setdefault(language, []).append(text)
                continue
            plan.known[language, text] = known
        return plan

    def _recall_stored(
        self, stored: StoredTranslations, plans: Sequence[Plan], deadline: float
    ) -> None:
        """Takes the texts that another process had translated out of those to send."""
        wanted = [key for plan in plans for key in plan.keys_to_send()]
        found = stored.find(self.describe(), wanted, deadline=deadline)
        for (source, target, text), translation in found.items():
            self._memory.keep(source, target, text, translation)
        for plan in plans:
            plan.recall_all(found)

    def _check_caps(self, characters: int) -> tuple[OutcomeWarning, ...]:
        if self._per_image is not None and characters > self._per_image:
            message = (
                f"nothing was sent to the translator: {characters} characters, and"
                f" MAX_CHARACTERS_PER_IMAGE is {self._per_image}"
            )
            return (OutcomeWarning(WarningCode.IMAGE_CHARACTERS_CAPPED, message),)
        if characters and not self._quota.take(characters):
            message = (
                f"nothing was sent to the translator: {characters} characters are more than is"
                " left of MAX_CHARACTERS_PER_DAY"
            )
            return (OutcomeWarning(WarningCode.DAILY_CHARACTERS_CAPPED, message),)
        return ()

    def _execute(self, plans: Sequence[Plan], deadline: float) -> int:
        """Translates the texts to send, all targets in parallel; returns characters billed."""
        jobs = [
            (plan, language, texts) for plan in plans for language, texts in plan.to_send.items()
        ]
        if len(jobs) == 1:
            return self._translate(*jobs[0], deadline)
        futures = [self._threads.submit(self._translate, *job, deadline) for job in jobs]
        return _results(futures)

    def _translate(self, plan: Plan, source: str, texts: Sequence[str], deadline: float) -> int:
        try:
            translated = self._translator.translate(
                texts, source=source, target=plan.target, deadline=deadline
            )
        except ImageTranslationError as error:
            self._quota.refund(sum(map(len, texts)))
            # Services quote texts in their messages, and messages are logged.
            raise type(error)(redact_text(error, texts)) from error
        except Exception:
            self._quota.refund(sum(map(len, texts)))
            raise
        made = {
            (source, plan.target, text): translation
            for text, translation in zip(texts, translated, strict=True)
        }
        for (_, target, text), translation in made.items():
            plan.known[source, text] = translation
            self._memory.keep(source, target, text, translation)
        if self._stored:
            self._stored.keep(self.describe(), made, deadline=deadline)
        return sum(translation.billed for translation in translated)

    def _unsupported_warnings(self, plans: Iterable[Plan]) -> Iterable[OutcomeWarning]:
        for plan in plans:
            for language, count in plan.unsupported.items():
                texts = "1 text" if count == 1 else f"{count} texts"
                pair = f"from {language} to {plan.target}"
                if language == UNDETERMINED:
                    pair = f"to {plan.target} from a language that cannot be identified"
                yield OutcomeWarning(
                    WarningCode.UNSUPPORTED_PAIR,
                    f"{self._translator.name} does not translate {pair}: {texts} left as read",
                )


def _results(futures: Sequence[Future[int]]) -> int:
    """The sum of the results; waits for all first, so that a failure does not lose the others."""
    wait(futures)
    return sum(future.result() for future in futures)


def _described(
    paragraph: Paragraph, guess: Guess, found: Mapping[str, Mapping[Text, Translation]]
) -> Paragraph:
    text = (guess.language, paragraph.text)
    translations = {target: known[text] for target, known in found.items() if text in known}
    language = guess.language
    if language == UNDETERMINED:  # the engine may have detected it
        detected = (translation.detected_language for translation in translations.values())
        language = next(filter(None, detected), UNDETERMINED)
    return replace(
        paragraph,
        language=language,
        language_confidence=guess.confidence,
        translations=MappingProxyType(translations),
    )
