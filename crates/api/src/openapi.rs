//! The document that describes the API: OpenAPI 3.1, made from the same declarations as the
//! routes.

use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, Ref, ResponseBuilder};
use utoipa::{Modify, OpenApi};

use crate::problem::{FieldError, ProblemBody};
use crate::router::routes;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Watchfire",
        description = "The server between security alarm panels and the people who answer them.",
        version = env!("CARGO_PKG_VERSION"),
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    tags(
        (name = "panels", description = "Alarm panels and what is known of their parts"),
        (name = "supervision", description = "Whether panels are reachable"),
        (name = "events", description = "Registered signals"),
        (name = "quarantine", description = "Who sends frames and is not known"),
        (name = "trust", description = "Certificates and secrets of panels, and the server's own"),
        (name = "organisations", description = "Whose panels these are, and where they stand"),
        (name = "server", description = "The server itself"),
        (name = "health", description = "For supervisors and balancers; needs no token")
    ),
    components(schemas(ProblemBody<'static>, FieldError)),
    security(("bearer" = [])),
    modifiers(&Token)
)]
pub(crate) struct Description;

struct Token;

impl Modify for Token {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some(
                "The first token is in `admin.token` of the data folder.",
            ))
            .build();
        let components = openapi.components.get_or_insert_default();
        components.add_security_scheme("bearer", SecurityScheme::Http(scheme));
    }
}

/// The description of the API as JSON, indented, with a line feed at its end.
pub fn openapi_json() -> String {
    let (_, mut document) = routes().split_for_parts();
    for item in document.paths.paths.values_mut() {
        let operations = [
            &mut item.get,
            &mut item.post,
            &mut item.put,
            &mut item.patch,
            &mut item.delete,
        ];
        for operation in operations.into_iter().flatten() {
            let problem = ContentBuilder::new()
                .schema(Some(Ref::from_schema_name("Problem")))
                .build();
            let response = ResponseBuilder::new()
                .description("What went wrong (RFC 9457)")
                .content("application/problem+json", problem)
                .build();
            let responses = &mut operation.responses.responses;
            responses.insert("default".to_owned(), response.into());
        }
    }
    to_text(&document)
}

fn to_text(document: &utoipa::openapi::OpenApi) -> String {
    let json = document.to_pretty_json();
    json.expect("texts and numbers always serialise") + "\n"
}
