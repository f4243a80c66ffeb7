//! Where a list goes on: cursors and `Link` headers (RFC 8288).
//!
//! A cursor into events is the number of an event. A cursor into panels is opaque; inside it is
//! a mark and the dense number of the last panel shown.

use axum::http::header::LINK;
use axum::http::{HeaderMap, HeaderValue};
use data_encoding::BASE32_DNSSEC;
use model::PanelIndex;

const PANEL_MARK: u8 = b'p';

pub(crate) fn of_panel(index: PanelIndex) -> String {
    let [a, b, c, d] = index.0.to_be_bytes();
    BASE32_DNSSEC.encode(&[PANEL_MARK, a, b, c, d])
}

pub(crate) fn to_panel(text: &str) -> Result<PanelIndex, String> {
    match BASE32_DNSSEC.decode(text.as_bytes()).as_deref() {
        Ok(&[PANEL_MARK, a, b, c, d]) => Ok(PanelIndex(u32::from_be_bytes([a, b, c, d]))),
        _ => Err(format!(
            "`{text}` is no cursor: send `next_cursor` of the page before, or none to begin"
        )),
    }
}

/// The `Link` to the next page of the list at `path`: the same query with `name` set to `cursor`.
pub(crate) fn next_link(
    path: &str,
    query: Option<&str>,
    name: &str,
    cursor: Option<&str>,
) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let Some(cursor) = cursor else { return headers };
    let is_filter = |pair: &&str| {
        let (key, _) = pair.split_once('=').unwrap_or((pair, ""));
        !["after", "before", "cursor"].contains(&key)
    };
    let query = query.unwrap_or_default();
    let mut pairs: Vec<&str> = query.split('&').filter(|p| !p.is_empty()).collect();
    pairs.retain(is_filter);
    let own = format!("{name}={cursor}");
    pairs.push(&own);
    let link = format!("<{path}?{}>; rel=\"next\"", pairs.join("&"));
    if let Ok(value) = HeaderValue::from_str(&link) {
        headers.insert(LINK, value);
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panel_cursor_comes_back_and_nothing_else_is_one() {
        let cursor = of_panel(PanelIndex(77));
        assert_eq!(to_panel(&cursor), Ok(PanelIndex(77)));
        for text in [
            "",
            "77",
            "zzz!",
            "00000000",
            "pan_040g2081040g2081040g208104",
        ] {
            assert!(to_panel(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_next_link_keeps_filters_and_replaces_the_cursor() {
        let query = Some("class=fire&before=90&limit=5");
        let headers = next_link("/api/v1/events", query, "before", Some("42"));
        assert_eq!(
            headers[LINK],
            "</api/v1/events?class=fire&limit=5&before=42>; rel=\"next\""
        );
        assert!(next_link("/api/v1/events", None, "before", None).is_empty());
    }
}
