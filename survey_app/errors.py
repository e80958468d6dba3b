"""Every typed refusal of the application: acts that cannot be done, with the sentence that says why.

A refusal carries an English sentence (a msgid with named placeholders) and its values; the door that shows it
translates: `survey_app.web.error_pages` for pages, `survey_app.commands.speech` for the command line.
`StateError` stands beside the states, in `models.surveys`.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from instruments.wording import N_


class Refusal(Exception):  # noqa: N818 (an answer, not a mistake)
    """An act that cannot be done. Subclasses say the sentence and the HTTP status that fits."""

    template: ClassVar[str] = ""
    sentences: ClassVar[dict[str, str]] = {}
    """Sentences by reason, for a refusal that knows several."""
    status: ClassVar[int] = 409

    def __init__(self, reason: str = "", **values: object) -> None:
        self.reason, self.values = reason, values
        super().__init__(self.sentence % values)

    @property
    def sentence(self) -> str:
        """The msgid to be translated."""
        return self.sentences[self.reason] if self.reason else self.template


NOT_RIGHT = N_(
    "The login name or the password is not right. After ten wrong attempts an account stays closed for 15 minutes."
)
"""Said of a closed account too: whether a login name exists is nobody's to find out."""


class LoginRefused(Refusal):
    status = 422
    sentences: ClassVar[dict[str, str]] = {
        "wrong": NOT_RIGHT,
        "locked": NOT_RIGHT,
        "own_password": N_("The present password is not right."),
        "code": N_("This code is not right. It changes every 30 seconds, and each counts only once."),
        "locked_here": N_("Too many attempts. Please try again in 15 minutes."),
        "begin_again": N_("This took too long. Please sign in again."),
        "unreadable": N_(
            "The second step of this account cannot be read: the installation secret is not the one of then. An "
            "administrator can switch it off."
        ),
        "sample_elsewhere": N_("Sample logins work only on the machine itself (127.0.0.1)."),
        "inactive": N_("This account is no longer in use. Please ask the administrator."),
    }

    def __init__(
        self,
        reason: Literal[
            "wrong",
            "locked",
            "own_password",
            "code",
            "locked_here",
            "begin_again",
            "unreadable",
            "sample_elsewhere",
            "inactive",
        ],
    ) -> None:
        super().__init__(reason)


class PasswordTooShort(Refusal):
    status = 422
    template = N_("A password needs at least %(least)s characters.")


class LoginImpossible(Refusal):
    status = 422
    template = N_(
        "A login name begins with a letter or a digit and goes on with letters, digits, dots, hyphens and @; "
        "it has at most 64 characters."
    )


class LoginTaken(Refusal):
    template = N_("The login name %(login)s is taken.")


class UnknownLogin(Refusal):
    status = 404
    template = N_("There is no account with the login name %(login)s.")


class OwnAccount(Refusal):
    template = N_("You cannot switch off your own account. Another administrator can.")


class OwnAdministration(Refusal):
    template = N_("This is your last administrator role. Only another administrator can take it away.")


class LastRole(Refusal):
    template = N_("An account keeps at least one role. Please give it another first, or switch the account off.")


class RoleHeld(Refusal):
    template = N_("The account holds this role over %(unit)s already.")


class RoleEndImpossible(Refusal):
    status = 422
    sentences: ClassVar[dict[str, str]] = {
        "missing": N_("An assessor holds the role for a limited time: please give its last day."),
        "passed": N_("The last day of the role has passed already."),
        "too_late": N_("The last day of an assessor’s role is at most a year ahead: %(day)s."),
    }


class NotTheFirst(Refusal):
    template = N_("There is an administrator already: please sign in.")


class UnitCodeTaken(Refusal):
    template = N_("The unit code %(code)s is taken.")


class UnitMisplaced(Refusal):
    sentences: ClassVar[dict[str, str]] = {
        "level": N_(
            "A unit stands below one of a higher level: works committee, party committee, general branch, branch, "
            "party group, in this order; only a party committee may stand below another one."
        ),
        "below": N_("A unit below this one has a level that must stay below its own."),
        "cycle": N_("A unit cannot belong to itself or to a unit below it."),
        "sample": N_("Units of the sample organisation stay together; others do not belong to it."),
        "survey": N_(
            "It is being asked in “%(title)s”, a survey of a unit above it. Please move it when that survey has been "
            "sealed or withdrawn."
        ),
    }


class UnitEnded(Refusal):
    sentences: ClassVar[dict[str, str]] = {
        "ended": N_("%(unit)s has ended: nothing new belongs to it."),
        "below": N_("Units below %(unit)s still exist. Please end them first, or move them below another unit."),
        "survey": N_(
            "A survey of %(unit)s is not finished: “%(title)s”. Please seal it, withdraw it or discard its draft first."
        ),
        "parent": N_("%(unit)s, to which it belongs, has ended. Please take that back first."),
    }


class UnknownUnit(Refusal):
    status = 404
    template = N_("There is no unit with the code %(code)s.")


class UnknownVersion(Refusal):
    status = 404
    template = N_("There is no published questionnaire %(version)s.")


class CodeBelongsToOther(Refusal):
    sentences: ClassVar[dict[str, str]] = {
        "service": N_(
            "The questionnaire “%(code)s” came with the service; only the unit at the top publishes new versions of "
            "it. Please give yours another code."
        ),
        "elsewhere": N_(
            "The code “%(code)s” is taken by a unit elsewhere. Please give your questionnaire another code."
        ),
        "unit": N_(
            "The questionnaire “%(code)s” belongs to %(unit)s, which alone publishes new versions of it. Please give "
            "yours another code."
        ),
    }


class ModuleRefused(Refusal):
    """Local questions that cannot be asked; what is wrong with the questionnaire itself is `module_problems`."""

    sentences: ClassVar[dict[str, str]] = {
        "elsewhere": N_("The survey “%(title)s” does not ask the people of %(unit)s, or is theirs alone."),
        "overlap": N_("%(unit)s has local questions in this survey already; nobody is asked those of two units."),
        "too_small": N_(
            "The local questions of %(unit)s would be asked of too few people to show anything. Please take them out "
            "of this survey first."
        ),
        "unfit": N_("These questions cannot follow the common ones: %(why)s"),
    }


class DraftChanged(Refusal):
    template = N_("Somebody else has changed this questionnaire meanwhile. Please look at what it says now.")


class CodeRefused(Refusal):
    """A code that opens nothing: malformed, unknown or used."""


class CodeMalformed(CodeRefused):
    """What was typed cannot be a code of ours: wrong length, a foreign character, or the check does not fit."""

    status = 422
    sentences: ClassVar[dict[str, str]] = {
        "length": N_("A code has 13 characters; this one has %(length)s. Please compare it with your slip."),
        "alphabet": N_("A code has only letters and digits. Please compare it with your slip."),
        "check": N_(
            "This code is not right: its last character does not fit the others. Please compare it with your slip; "
            "8 and B, 5 and S, 2 and Z are easily confused."
        ),
    }

    def __init__(self, reason: Literal["length", "alphabet", "check"], length: int = 0) -> None:
        super().__init__(reason, length=length)


class CodeUnknown(CodeRefused):
    status = 404
    template = N_("This code does not belong to this survey. Please compare it with your slip.")


class CodeUsed(CodeRefused):
    template = N_("This code has been used already. If you have just sent your answers, they have arrived.")


class TooFewEligible(Refusal):
    template = N_(
        "%(eligible)s people are eligible, fewer than the threshold of %(threshold)s: nothing could be shown of their "
        "answers. Please enter the numbers of people eligible, or survey a larger unit."
    )


class LastDayTooEarly(Refusal):
    status = 422
    sentences: ClassVar[dict[str, str]] = {
        "passed": N_("The new last day has to be later than today."),
        "sooner": N_("The new last day has to be later than %(day)s, the present one."),
    }

    def __init__(self, reason: Literal["passed", "sooner"], **values: object) -> None:
        super().__init__(reason, **values)


class LastDayTooLate(Refusal):
    status = 422
    template = N_("The new last day can be %(day)s at the latest, three months from today.")


class AnswersTooLong(Refusal):
    template = N_(
        "The longest possible answers to this questionnaire do not fit one ballot. Please shorten the free texts, "
        "or ask for fewer of them."
    )


class TooFewBallots(Refusal):
    template = N_(
        "Fewer than 5 valid ballots have arrived (%(ballots)s). To protect those who answered, nothing of them "
        "is shown."
    )


class NoCodesHere(Refusal):
    template = N_("This survey has an open link: it has no codes.")


class TooManySlips(Refusal):
    template = N_(
        "These are more codes than there may be. Whoever may have answered already counts too, as far as the published "
        "numbers tell: up to the next five, and where no number is published up to the smallest that would be. Please "
        "leave out whoever has answered, or issue spare codes first, which are counted and published."
    )


class SlipNotUnopened(Refusal):
    template = N_("This slip has been used or handed in already: its code no longer counts.")


class PaperWithoutSlip(Refusal):
    template = N_("In %(unit)s %(slips)s slips were handed in, and as many forms have been typed in: no more can be.")


class MalformedMessage(Refusal):
    """A message of the ballot box that no voter's browser of ours sends."""

    status = 400
    template = N_("This message cannot be read.")


class ForgedCredential(Refusal):
    """The signature is not of this group's key."""

    status = 403
    template = N_("This pass was not given out by this survey.")


class PlayedNotAccepted(Refusal):
    template = N_(
        "This survey only takes answers that the browser itself has encrypted. Please use a newer browser, or ask for "
        "a paper form."
    )


class StillArriving(Refusal):
    template = N_(
        "Ballots already under way are taken until %(until)s (30 minutes after closing). Please wait until then, "
        "or say that you do not want to wait."
    )


class NotCounted(Refusal):
    template = N_("The ballots have not been counted yet. Counting comes first, then sealing.")


class PassphraseRefused(Refusal):
    """A scrutineer's passphrase that opens nothing; `number` is its field, counted from 1."""

    status = 422
    sentences: ClassVar[dict[str, str]] = {
        "count": N_("%(needed)s passphrases are needed."),
        "length": N_("A passphrase has 20 characters; number %(number)s has %(length)s."),
        "alphabet": N_("A passphrase has only letters and digits. Please look at number %(number)s."),
        "check": N_(
            "Passphrase %(number)s is not right: its last character does not fit the others. Please compare it with "
            "the recovery sheet; 8 and B, 5 and S, 2 and Z are easily confused."
        ),
        "twice": N_("The same passphrase was typed twice. Two different scrutineers have to open the ballots."),
        "wrong": N_(
            "These passphrases do not belong to this survey. Please compare survey and year on the recovery sheets."
        ),
    }


class SecretReplaced(Refusal):
    status = 500
    template = N_(
        "The installation secret is not the one this survey was opened with. Please put back the file "
        "installation-secret of then."
    )


class NeedsEncryption(Refusal):
    template = N_(
        "Members would reach this survey without https, where browsers cannot encrypt. Set up https, or allow in the "
        "draft that the server encrypts answers for them."
    )


class RulesLocked(Refusal):
    template = N_("The objectives of %(year)s are locked: a survey that measures them has been opened.")


class ObjectiveImpossible(Refusal):
    status = 422
    sentences: ClassVar[dict[str, str]] = {
        "threshold": N_("The target is a share between 0 and 1, such as 0.90."),
        "target": N_("An objective on an item or a dimension names it."),
        "not_asked": N_("The questionnaire of the year does not ask this."),
        "questionnaire": N_(
            "There is no questionnaire of the year yet whose levels could be named. A satisfaction rate by its own "
            "satisfied levels can be set already."
        ),
        "threshold_points": N_("The target lies above %(low)s and not above %(high)s."),
        "levels": N_("Satisfied are the best levels without a gap: at least one, and not all of them."),
        "levels_of_dimension": N_(
            "A dimension is counted by the satisfied levels of the questionnaire. Other levels can be named for a "
            "single question."
        ),
        "weights": N_("Every level needs its points, a number from 0 to 100."),
        "weights_order": N_(
            "Points go from 0 to 100; a better level never has fewer than a worse one, and the best has more than the "
            "worst."
        ),
        "weights_of_dimension": N_("Points per level can be set for a single question, not for a dimension."),
        "mean_of_scales": N_(
            "The questions of this dimension are answered on different scales, so they have no common mean. An index "
            "is possible."
        ),
    }
    fields: ClassVar[dict[str, str]] = {
        "threshold": "threshold",
        "threshold_points": "threshold",
        "target": "measured",
        "not_asked": "measured",
        "questionnaire": "definition",
        "mean_of_scales": "definition",
        "levels": "satisfied_levels",
        "levels_of_dimension": "satisfied_levels",
        "weights": "weights",
        "weights_order": "weights",
        "weights_of_dimension": "definition",
    }

    @property
    def field(self) -> str:
        """The field of the register that is wrong."""
        return self.fields[self.reason or "threshold"]


class FamilyRefused(Refusal):
    status = 422
    sentences: ClassVar[dict[str, str]] = {
        "none": N_("Please choose at least one question."),
        "many": N_("Please choose at most %(most)s questions: the more are tested, the less each can show."),
        "unknown": N_("One of the questions is not asked in this survey."),
    }


class ChannelRefused(Refusal):
    sentences: ClassVar[dict[str, str]] = {
        "questionnaire": N_(
            "A suggestion channel needs a questionnaire for any time of the year with a question to be answered in "
            "one’s own words."
        ),
        "ended": N_("This suggestion channel has ended."),
        "under_way": N_("A round of this suggestion channel is not over yet. The next one can begin after it."),
    }


class SuggestionRefused(Refusal):
    template = N_("Only a released suggestion becomes an action: its words are read by everybody.")


class QuotationRefused(Refusal):
    status = 422
    sentences: ClassVar[dict[str, str]] = {
        "nothing": N_("Please leave something to read, or do not show the comment."),
        "long": N_("This is longer than what was written."),
        "added": N_(
            "A comment is quoted: parts can be taken out, nothing can be added or changed. Please put ××× wherever "
            "something is left out."
        ),
    }


class PublicationRefused(Refusal):
    sentences: ClassVar[dict[str, str]] = {
        "nothing": N_("Please choose at least one part to be shown."),
        "unprepared": N_("Please choose first what the public page shows."),
        "not_public": N_("This page is not public."),
    }


class BaselineHidden(Refusal):
    template = N_("Too few people answered this question to show a figure, so it cannot be the baseline of an action.")


class BaselineCoarse(Refusal):
    template = N_(
        "So few people answered this question that its figure is shown only as a bound, such as “at least 15 of 16”. "
        "An action needs an exact baseline: please choose another question."
    )


class ActionFixed(Refusal):
    """What was fixed in advance stays."""

    sentences: ClassVar[dict[str, str]] = {
        "expectation": N_(
            "The next survey has opened: question, baseline and acceptance figure of this action were fixed in advance "
            "and stay as they are."
        ),
        "settled": N_("This action is carried out, verified or stopped. It can no longer be changed."),
        "unverified": N_("No later survey has asked this question again, so the action cannot be closed as verified."),
    }


class ProcessListImpossible(Refusal):
    status = 422
    sentences: ClassVar[dict[str, str]] = {
        "first": N_("Line %(line)s is indented, but there is no process above it to which it could belong."),
        "long": N_("Line %(line)s has more than %(longest)s characters."),
        "slash": N_("Line %(line)s contains a slash; slashes stand between the two levels elsewhere."),
        "twice": N_("Line %(line)s repeats “%(name)s”."),
        "many": N_("There are more than %(most)s lines."),
    }


class EvidenceRefused(Refusal):
    """A file that is not taken as evidence of an action."""

    status = 422
    sentences: ClassVar[dict[str, str]] = {
        "empty": N_("The file is empty."),
        "large": N_("The file is larger than %(limit)s MB."),
        "many": N_("An action has at most %(most)s files. Please remove one first."),
        "unknown": N_(
            "This is none of the kinds that are taken: PDF, PNG, JPEG, Word (docx), Excel (xlsx) or plain text."
        ),
        "damaged": N_("The file is damaged or not what it says it is. Please save it once more and try again."),
        "ending": N_("The content of the file is not what its name ends with. Please choose the file once more."),
        "active": N_("The file contains macros or other files. Please save it without them, or as PDF."),
        "swollen": N_("Unpacked, the file would be far too large."),
        "locked": N_("The file is protected by a password. Please save it without one."),
    }


class NothingToReport(Refusal):
    status = 404
    template = N_("There is no result of %(unit)s in this survey.")


class RowsRefused(Refusal):
    """Single answers that are handed out to nobody, whatever their rights."""

    sentences: ClassVar[dict[str, str]] = {
        "hidden": N_(
            "The results of this unit are hidden, so its single answers are not handed out either. Please take them "
            "from the unit above."
        ),
        "few": N_("Single answers are handed out from %(least)s answers on. Please take them from the unit above."),
        "rare": N_(
            "Some answers about the person, such as an age group, were given by fewer than %(least)s people here, so "
            "somebody could be recognised. The single answers of this survey are not handed out."
        ),
        "folded": N_(
            "This unit has too few people for a result of its own and is counted with others, so its single answers "
            "are not handed out. Please take them from the unit above."
        ),
    }


class NarrativeRefused(Refusal):
    """A text of the annual report that is not taken; everything typed stays."""

    status = 422
    sentences: ClassVar[dict[str, str]] = {
        "mark": N_("Line %(line)s: %(mark)s is not a figure of this result. Please choose one of the marks below."),
        "long": N_("A section takes at most %(most)s characters."),
        "changed": N_(
            "Somebody else has changed this section meanwhile. Please compare with the text below; saving once more "
            "replaces it."
        ),
    }


class DatasetAltered(Refusal):
    """The stored bytes do not have the hash that was written down at sealing."""

    status = 500
    template = N_("The sealed data of this survey have been altered: their hash is not the one written at sealing.")
