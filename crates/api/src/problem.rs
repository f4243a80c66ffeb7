//! What went wrong, for people and for programs: RFC 9457 with our stable `code`.
//!
//! Invariant: every answer of 400 and above is a [`Problem`]; its status follows from its code.
//! Invariant: causes (paths, what SQLite said) go to the log, once, under the id of the request;
//! they are never part of an answer.

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use engine::ports::{
    AddError, ChangeError, QuarantineError, ReadError, SetError, TrustError, VerdictError,
};
use model::{ErrorCode, PanelId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::dto::time;
use crate::messages::public_message;

/// What went wrong, before the id of the request is known.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    code: ErrorCode,
    detail: Option<String>,
    errors: Vec<FieldError>,
    panel: Option<PanelId>,
    cause: Option<String>,
}

/// One parameter or field that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct FieldError {
    /// The name of the parameter or the field.
    pub(crate) field: String,
    /// What is wrong with it.
    pub(crate) detail: String,
    /// What could have been there instead, where that is a list.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) allowed: Vec<String>,
}

impl FieldError {
    pub(crate) fn new(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            detail: detail.into(),
            allowed: Vec::new(),
        }
    }

    pub(crate) fn allowed<T: ToString>(mut self, allowed: impl IntoIterator<Item = T>) -> Self {
        self.allowed = allowed.into_iter().map(|name| name.to_string()).collect();
        self
    }
}

/// Problem details (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemBody<'a> {
    /// The code as a URI.
    #[serde(rename = "type")]
    #[schema(example = "urn:watchfire:error:panel.ambiguous")]
    kind: String,
    /// What happened, the same for every problem with this code.
    title: &'a str,
    /// The HTTP status.
    status: u16,
    /// A stable code, for programs.
    #[schema(example = "panel.ambiguous")]
    code: &'a str,
    /// What happened this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    /// What to do next.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
    /// The parameters and fields that were refused.
    #[serde(skip_serializing_if = "<[FieldError]>::is_empty")]
    errors: &'a [FieldError],
    /// The other panel, where one is in the way.
    #[serde(skip_serializing_if = "Option::is_none")]
    panel: Option<String>,
    /// The id of the request, under which the log knows more.
    request_id: &'a str,
}

impl Problem {
    pub(crate) fn new(code: ErrorCode) -> Self {
        Self {
            code,
            detail: None,
            errors: Vec::new(),
            panel: None,
            cause: None,
        }
    }

    /// A request with parameters or fields that cannot be taken.
    pub(crate) fn fields(errors: Vec<FieldError>) -> Self {
        let detail = match &*errors {
            [only] => format!("{}: {}", only.field, only.detail),
            several => {
                let names: Vec<&str> = several.iter().map(|error| &*error.field).collect();
                format!("refused are {}", names.join(", "))
            }
        };
        Self {
            errors,
            ..Self::new(ErrorCode::RequestInvalid).detail(detail)
        }
    }

    pub(crate) fn with_code(mut self, code: ErrorCode) -> Self {
        self.code = code;
        self
    }

    /// There is no panel with this id.
    pub(crate) fn no_panel(id: PanelId) -> Self {
        Self::new(ErrorCode::NotFound).detail(format!("there is no panel {id}"))
    }

    pub(crate) fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    pub(crate) fn cause(mut self, cause: impl Into<String>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    pub(crate) fn code(&self) -> ErrorCode {
        self.code
    }

    /// What the log should know and the answer does not say.
    pub(crate) fn log_cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }

    fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.code.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Writes the problem into the response that stood for it.
    pub(crate) fn write(&self, request_id: &str, response: &mut Response) {
        let message = public_message(self.code);
        let body = ProblemBody {
            kind: format!("urn:watchfire:error:{}", self.code),
            title: &message.title,
            status: self.code.http_status(),
            code: self.code.as_str(),
            detail: self.detail.as_deref(),
            hint: message.hint.as_deref(),
            errors: &self.errors,
            panel: self.panel.map(|id| id.to_string()),
            request_id,
        };
        let text = serde_json::to_string(&body).expect("texts and numbers always serialise");
        *response.body_mut() = text.into();
        let headers = response.headers_mut();
        let json = HeaderValue::from_static("application/problem+json");
        headers.insert(CONTENT_TYPE, json);
        if self.status() == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("5"));
        }
    }
}

/// Stands for the problem until `request` writes it, since only that knows the request's id.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Self {
        Self::new(error.code()).cause(error.to_string())
    }
}

impl From<VerdictError> for Problem {
    fn from(error: VerdictError) -> Self {
        let problem = Self::new(error.code());
        match error {
            VerdictError::Unknown { .. } | VerdictError::NotDoubtful { .. } => {
                problem.detail(error.to_string())
            }
            VerdictError::Given { seq, first } => {
                let at = time::to_rfc3339(first.at);
                let (who, said) = (&first.who, first.as_str());
                problem.detail(format!("event {seq} was {said} by {who} at {at}"))
            }
            VerdictError::Read(error) => error.into(),
            VerdictError::Store(error) => error.into(),
        }
    }
}

impl From<QuarantineError> for Problem {
    fn from(error: QuarantineError) -> Self {
        match error {
            QuarantineError::Unknown { .. }
            | QuarantineError::Adopted { .. }
            | QuarantineError::Registered { .. } => {
                Self::new(error.code()).detail(error.to_string())
            }
            QuarantineError::Refused(error) => error.into(),
            QuarantineError::Read(error) => error.into(),
        }
    }
}

impl From<AddError> for Problem {
    fn from(error: AddError) -> Self {
        let problem = Self::new(error.code());
        match &error {
            AddError::Exists { panel } | AddError::Ambiguous { panel } => Self {
                panel: Some(*panel),
                ..problem.detail(error.to_string())
            },
            AddError::UnknownSite { .. } => {
                Self::fields(vec![FieldError::new("site", error.to_string())])
                    .with_code(error.code())
            }
            AddError::Store { .. } => problem.cause(error.to_string()),
        }
    }
}

impl From<ChangeError> for Problem {
    fn from(error: ChangeError) -> Self {
        let problem = Self::new(error.code());
        match error {
            ChangeError::Refused(error) => error.into(),
            ChangeError::UnknownPanel { .. }
            | ChangeError::UnknownPath { .. }
            | ChangeError::LastPath { .. } => problem.detail(error.to_string()),
        }
    }
}

impl From<TrustError> for Problem {
    fn from(error: TrustError) -> Self {
        let (code, text) = (error.code(), error.to_string());
        let field = |name| Self::fields(vec![FieldError::new(name, text.clone())]).with_code(code);
        match error {
            TrustError::Change(error) => error.into(),
            TrustError::Read(error) => error.into(),
            TrustError::NoSecret { .. } | TrustError::WhichPath => field("path"),
            TrustError::TooLong { .. } => field("valid_days"),
            // What is wrong with the files is told to whoever can mend them: only those with a token ask.
            TrustError::UnknownCertificate { .. }
            | TrustError::TooMany { .. }
            | TrustError::Authority(_) => Self::new(code).detail(text),
        }
    }
}

impl From<SetError> for Problem {
    fn from(error: SetError) -> Self {
        let problem = Self::new(error.code());
        match error {
            SetError::Read(error) => error.into(),
            SetError::Store(error) => error.into(),
            refused => problem.detail(refused.to_string()),
        }
    }
}
