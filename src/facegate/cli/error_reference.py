"""Every error code with its meaning and cure, for the reference page; a test compares it with the code."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CodeEntry:
    """One row of the page.

    Attributes:
        meaning: what happened.
        cure: what to do.
    """

    meaning: str
    cure: str


CODES: Mapping[str, CodeEntry] = {
    # The caller's data
    "invalid_request": CodeEntry(
        "A field, argument or name is missing, malformed or out of range.", "Correct the field the message names."
    ),
    "not_found": CodeEntry(
        "There is no such file, person, model or address.", "Check the spelling; the message names what is near."
    ),
    "conflict": CodeEntry(
        "The change contradicts what is there, or a name means several people.", "Say which one by its id."
    ),
    "image_too_large": CodeEntry(
        "A picture has more bytes, pixels or a longer side than the limits allow.",
        "Scale it down, or raise `FACEGATE_MAX_IMAGE_BYTES`, `_PIXELS` or `_SIDE_PX`.",
    ),
    "unsupported_media_type": CodeEntry(
        "The file is no still JPEG, PNG or WebP picture; an animated one is not still.", "Save it as JPEG or PNG."
    ),
    "invalid_image": CodeEntry(
        "A picture is empty, cut short, damaged or unreadable.", "Copy or save it again from where it came from."
    ),
    # Faces that cannot be used
    "face_not_found": CodeEntry(
        "A readable picture shows no face of the smallest size that is looked for.",
        "Take a closer picture, or look for smaller faces with `--min-face`.",
    ),
    "multiple_faces": CodeEntry(
        "Several faces are of similar size, and one person is meant.", "Crop the picture, or add `--largest`."
    ),
    "low_quality": CodeEntry("The face is not good enough to be stored.", "Take the picture again in better light."),
    "face_too_small": CodeEntry(
        "The eyes are too few pixels apart to compare or store the face.", "Come closer, or use a larger picture."
    ),
    "low_detection_score": CodeEntry(
        "It is not certain enough that this is a face.", "Show the whole face, from the front."
    ),
    "too_blurry": CodeEntry("The face is out of focus or moved.", "Hold still and wipe the lens."),
    "too_dark": CodeEntry("The face is too dark.", "Turn to the light."),
    "too_bright": CodeEntry("The face is too bright.", "Turn away from the light."),
    "extreme_pose": CodeEntry("The head is turned too far.", "Look at the camera."),
    "occluded": CodeEntry("Something covers the face.", "Uncover it."),
    "identity_conflict": CodeEntry(
        "The face does not match the person it is added to, or matches somebody else who is enrolled.",
        "Check whose picture it is; add it to the person it matches, or make a new one on purpose.",
    ),
    "identity_inconsistent": CodeEntry(
        "The pictures of one enrolment do not show the same person.", "Take them again with one person only."
    ),
    # Who asks
    "unauthorized": CodeEntry(
        "There is no valid session or ticket.", "Open an owner link: `facegate users setup-link` makes one."
    ),
    "forbidden": CodeEntry(
        "The caller is known and may not do this, or the request came from a foreign site.", "Ask the owner."
    ),
    "consent_required": CodeEntry(
        "A face may not be stored before consent is recorded.", "Have the person read the text and tick it."
    ),
    "expired": CodeEntry("A link, ticket or session is past its time or was used.", "Ask for a new one."),
    # Recipes, weights, tables
    "model_mismatch": CodeEntry(
        "Faces made by different recipes were about to be compared.", "Use the engine the people were enrolled with."
    ),
    "model_file_changed": CodeEntry(
        "A network's file is missing or is not the one facegate was built with.", "Install facegate again."
    ),
    "pickle_refused": CodeEntry(
        "The file is a Python pickle, which can run code when opened.", "Convert it yourself, then give the result."
    ),
    "calibration_missing": CodeEntry(
        "No calibration table belongs to this engine, or the asked rate is below what the table can support.",
        "Ask for a larger rate; the message names the smallest.",
    ),
    # The machine
    "invalid_settings": CodeEntry(
        "A setting is unknown, malformed or unsafe.", "Change or unset it; the message names it."
    ),
    "storage": CodeEntry(
        "The database or a key file is missing, locked, full, damaged or of a newer version.",
        "Do what the message says; `facegate doctor` checks all of them.",
    ),
    "overloaded": CodeEntry("There is no place for more work right now.", "Try again in some seconds."),
    "rate_limited": CodeEntry("More frames or messages came than the limits allow.", "Send fewer a second."),
    "not_ready": CodeEntry("The server is not running, still starting or stopping.", "Try again, or start it."),
    "port_in_use": CodeEntry(
        "The asked port is taken by another program.", "Stop that, choose another, or ask for none and get a free one."
    ),
    "internal": CodeEntry("facegate itself failed.", "Report it; the server's log has the details."),
}

REASONS: Mapping[str, str] = {
    "below_threshold": "Nobody is similar enough for the target.",
    "ambiguous": "Two people are almost equally similar.",
    "empty_gallery": "Nobody is enrolled.",
    "face_too_small": "The eyes are closer together than `FACEGATE_NAME_EYE_DISTANCE_PX`.",
    "gallery_too_large_for_target": "More people are enrolled than the calibration supports at this target; "
    "`facegate doctor` prints how many it does.",
    "needs_more_frames": "A track has not been seen often enough yet.",
}
"""Why a face is not matched; these are results, not errors."""
