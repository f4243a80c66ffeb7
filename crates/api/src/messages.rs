//! What an operator is told of each error code: what happened, and what to do next.

use model::{ErrorCode, PublicMessage};

/// What happened, the same for every problem with this code, and what to do next.
pub(crate) fn public_message(code: ErrorCode) -> PublicMessage {
    PublicMessage {
        title: title(code).to_owned(),
        hint: Some(hint(code).to_owned()),
    }
}

fn title(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::RequestInvalid => "The request is not what the API expects",
        ErrorCode::Unauthorised => "A bearer token is needed",
        ErrorCode::Forbidden => "The token does not allow this",
        ErrorCode::NotFound => "There is nothing here",
        ErrorCode::MethodNotAllowed => "The method is not offered here",
        ErrorCode::TooLarge => "The body is too large",
        ErrorCode::UnsupportedMedia => "The body is in a format that is not read here",
        ErrorCode::PanelAmbiguous => "Another panel could be mistaken for this one",
        ErrorCode::CertificatesTooMany => "Too many certificates of the path are in force",
        ErrorCode::PathLast => "A panel has one path at least",
        ErrorCode::FamilyUnknown => "There is no such family of panels",
        ErrorCode::SiteUnknown => "There is no such site",
        ErrorCode::EventNotDoubtful => "Nobody doubts this event",
        ErrorCode::VerdictGiven => "Somebody said otherwise before",
        ErrorCode::SupervisionRefused => "The supervision class cannot be claimed",
        ErrorCode::StrayAdopted => "A panel was made of it before",
        ErrorCode::StrayRegistered => "Its account is registered already",
        ErrorCode::CursorExpired => "The cursor points before what is kept",
        ErrorCode::StoreFull => "The disk is full",
        ErrorCode::StoreFailed => "The store cannot read or write",
        ErrorCode::StoreCorrupt => "A row of the store makes no sense",
        ErrorCode::StoreTooNew => "The store was written by a newer version",
        ErrorCode::Unavailable => "The server cannot do this now",
        ErrorCode::Internal => "Something of ours went wrong",
    }
}

fn hint(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::RequestInvalid => {
            "`errors` says what to change; /api/v1/openapi.json describes every operation."
        }
        ErrorCode::Unauthorised => {
            "Send the header `Authorization: Bearer TOKEN`. The first token is in the file \
             `admin.token` of the server's data folder."
        }
        ErrorCode::Forbidden => "Ask somebody whose token does.",
        ErrorCode::NotFound => {
            "The API begins at /api/v1; /api/v1/openapi.json describes its paths."
        }
        ErrorCode::MethodNotAllowed => "The header `Allow` names the methods that are.",
        ErrorCode::TooLarge => "Send it in several requests.",
        ErrorCode::UnsupportedMedia => "Name a format that is in the header `Content-Type`.",
        ErrorCode::PanelAmbiguous => {
            "`panel` is the other one. Tell the two apart by receiver, line or listener."
        }
        ErrorCode::CertificatesTooMany => {
            "GET /api/v1/panels/{id}/certificates lists them; revoke those that are not in use."
        }
        ErrorCode::PathLast => "Register its other path first.",
        ErrorCode::FamilyUnknown => "GET /api/v1/server names the families.",
        ErrorCode::SiteUnknown => "GET /api/v1/sites lists the sites.",
        ErrorCode::EventNotDoubtful => "Only events with a `doubt` can be confirmed or rejected.",
        ErrorCode::VerdictGiven => {
            "A verdict is never changed. What has happened since is for later events to say."
        }
        ErrorCode::SupervisionRefused => {
            "`detail` says why. A time of one's own, such as 90s, can be set of any path."
        }
        ErrorCode::StrayAdopted => "The panel's `adopted` names it.",
        ErrorCode::StrayRegistered => {
            "It is the key that does not fit: set the key of the panel's path."
        }
        ErrorCode::CursorExpired => "Begin anew, without a cursor.",
        ErrorCode::StoreFull => {
            "Make room on the disk of the data folder; the server then goes on by itself."
        }
        ErrorCode::StoreFailed => {
            "The server's log says more under this request_id; /readyz tells when it is over."
        }
        ErrorCode::StoreCorrupt => {
            "The server's log says which under this request_id; `watchfire verify` checks all."
        }
        ErrorCode::StoreTooNew => "Start the newer version.",
        ErrorCode::Unavailable => "Try again soon; `Retry-After` says when.",
        ErrorCode::Internal => "The server's log says more under this request_id.",
    }
}
