//! Which path leads where, and what every request goes through on its way.

use std::fmt;
use std::sync::Arc;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use axum::{Router, middleware};
use model::{ErrorCode, limits};
use tokio::sync::Semaphore;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes as route;

use crate::openapi::Description;
use crate::problem::Problem;
use crate::request::{Answers, RequestIds};
use crate::{Services, auth, health, metrics, request, v1};

/// What endpoints have at hand.
pub(crate) struct App {
    pub(crate) services: Services,
    pub(crate) ids: RequestIds,
    pub(crate) answers: Answers,
    /// Bounds the imports at work (I7).
    pub(crate) imports: Arc<Semaphore>,
    /// Bounds the streams that are open (I7).
    pub(crate) streams: Arc<Semaphore>,
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").finish_non_exhaustive()
    }
}

/// The API over the given services.
pub fn router(services: Services) -> Router {
    let app = Arc::new(App {
        ids: RequestIds::new(services.clock.now().wall),
        answers: Answers::default(),
        imports: Arc::new(Semaphore::new(limits::IMPORTS)),
        streams: Arc::new(Semaphore::new(limits::API_STREAMS)),
        services,
    });
    let token = middleware::from_fn_with_state(Arc::clone(&app), auth::require_token);
    let private: Router<Arc<App>> = private_routes().route_layer(token).into();
    let open: Router<Arc<App>> = open_routes().into();
    private
        .merge(open)
        .fallback(async || Problem::new(ErrorCode::NotFound))
        .method_not_allowed_fallback(async || Problem::new(ErrorCode::MethodNotAllowed))
        .layer(middleware::from_fn_with_state(
            Arc::clone(&app),
            request::identify,
        ))
        .with_state(app)
}

/// All routes with their descriptions.
pub(crate) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::with_openapi(Description::openapi())
        .merge(private_routes())
        .merge(open_routes())
}

/// For those with a token.
fn private_routes() -> OpenApiRouter<Arc<App>> {
    let v1 = OpenApiRouter::default()
        .routes(route!(v1::panels::list, v1::panels::add))
        .routes(route!(v1::panel_import::import))
        .routes(route!(v1::panels::show))
        .routes(route!(v1::paths::add))
        .routes(route!(v1::paths::change, v1::paths::remove))
        .routes(route!(v1::paths::relearn))
        .routes(route!(v1::supervision::show, v1::supervision::set))
        .routes(route!(v1::supervision::summary))
        .routes(route!(v1::supervision_bulk::set))
        .routes(route!(v1::availability::show))
        .routes(route!(v1::trends::show))
        .routes(route!(v1::incidents::list))
        .routes(route!(v1::incidents::show))
        .routes(route!(v1::events::list))
        .routes(route!(v1::event_stream::follow))
        .routes(route!(v1::events::show))
        .routes(route!(v1::verdicts::judge))
        .routes(route!(v1::quarantine::list))
        .routes(route!(v1::quarantine::show))
        .routes(route!(v1::quarantine::adopt))
        .routes(route!(v1::quarantine::reject))
        .routes(route!(v1::certificates::list, v1::certificates::issue))
        .routes(route!(v1::certificates::revoke))
        .routes(route!(v1::panel_secret::renew, v1::panel_secret::remove))
        .routes(route!(v1::disabling::disable))
        .routes(route!(v1::disabling::enable))
        .routes(route!(v1::tls::show))
        .routes(route!(v1::tls::reload))
        .routes(route!(v1::organisations::list))
        .routes(route!(v1::sites::list))
        .routes(route!(v1::server::show))
        .routes(route!(v1::performance::show))
        .routes(route!(v1::description::description));
    OpenApiRouter::default()
        .nest("/api/v1", v1)
        .routes(route!(metrics::metrics))
}

/// For everybody.
fn open_routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default()
        .routes(route!(health::livez))
        .routes(route!(health::readyz))
        .routes(route!(health::healthz))
}

/// The one variable segment of a path.
#[derive(Debug)]
pub(crate) struct Segment(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Segment {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let segment = Path::<String>::from_request_parts(parts, state).await;
        segment
            .map(|Path(text)| Self(text))
            .map_err(|refusal| Problem::new(ErrorCode::NotFound).detail(refusal.body_text()))
    }
}
