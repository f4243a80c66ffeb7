//! Where the server is and what opens it: from the data folder on this machine, or from flags.

use std::collections::BTreeMap;
use std::fmt;
use std::io::ErrorKind;
use std::path::Path;

use serde::Deserialize;

use super::{Failure, Global};

/// Where a running server says where it is, within its data folder.
pub(super) const ENDPOINTS: &str = "run/endpoints.json";

/// Where the token of the administrator is, within the data folder.
const TOKEN: &str = "admin.token";

/// What a running server says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Endpoints {
    /// The supervisor.
    pub(super) pid: i32,
    /// The address of the API.
    pub(super) api: String,
    /// The addresses of the listeners, by name.
    #[serde(default)]
    pub(super) listeners: BTreeMap<String, String>,
}

/// Where to send requests, and with which token.
#[derive(Clone)]
pub(super) struct Place {
    /// The URL before `/api/v1`.
    pub(super) base: String,
    /// The bearer token. Secret.
    pub(super) token: String,
    /// What a person would say of the place.
    pub(super) told: String,
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Place")
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}

/// The server that is meant.
pub(super) fn find(global: &Global) -> Result<Place, Failure> {
    match (&global.server, &global.token_file) {
        (Some(server), Some(file)) => elsewhere(server, file),
        _ => here(&global.data_folder()?),
    }
}

/// What the server of a data folder says of itself; `None` if there is none.
pub(super) fn endpoints(data: &Path) -> Result<Option<Endpoints>, Failure> {
    let file = data.join(ENDPOINTS);
    let text = match std::fs::read(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            let what = format!("{} cannot be read: {error}", file.display());
            return Err(Failure::new(
                what,
                "Run this as the user who runs the server.",
            ));
        }
    };
    serde_json::from_slice(&text).map(Some).map_err(|error| {
        let what = format!("{} makes no sense: {error}", file.display());
        Failure::new(
            what,
            "Is it of another version of Watchfire? Restart the server.",
        )
    })
}

/// The server of a data folder on this machine.
pub(super) fn here(data: &Path) -> Result<Place, Failure> {
    let shown = data.display();
    let Some(endpoints) = endpoints(data)? else {
        return Err(Failure::new(
            format!("no server is running on the data folder {shown}"),
            format!(
                "Looked for {shown}/{ENDPOINTS}.\n  Start a server with `watchfire serve`, or say \
                 where one is: --data DIR, or --server URL --token-file FILE."
            ),
        ));
    };
    Ok(Place {
        base: format!("http://{}", endpoints.api),
        token: token(&data.join(TOKEN))?,
        told: format!(
            "{} (by {shown}/{ENDPOINTS}, process {})",
            endpoints.api, endpoints.pid
        ),
    })
}

fn elsewhere(server: &str, token_file: &Path) -> Result<Place, Failure> {
    let base = server.trim_end_matches('/');
    if !base.starts_with("http://") {
        return Err(Failure::new(
            format!("`{server}` is no URL that can be asked"),
            "The API has no TLS yet: an address such as http://127.0.0.1:8080 is expected.",
        ));
    }
    Ok(Place {
        base: base.to_owned(),
        token: token(token_file)?,
        told: base.to_owned(),
    })
}

fn token(file: &Path) -> Result<String, Failure> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        Failure::new(
            format!("the token {} cannot be read: {error}", file.display()),
            "Run this as the user who runs the server, or name another one by --token-file.",
        )
    })?;
    Ok(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_found_by_its_data_folder() {
        let data = tempfile::tempdir().unwrap();
        std::fs::create_dir(data.path().join("run")).unwrap();
        let text = r#"{"pid": 7, "api": "127.0.0.1:4711", "listeners": {}, "children": [1]}"#;
        std::fs::write(data.path().join(ENDPOINTS), text).unwrap();
        std::fs::write(data.path().join(TOKEN), "secret\n").unwrap();
        let place = here(data.path()).unwrap();
        assert_eq!(
            (place.base.as_str(), place.token.as_str()),
            ("http://127.0.0.1:4711", "secret")
        );
        assert!(!format!("{place:?}").contains("secret"));
    }

    #[test]
    fn where_no_server_is_one_is_told_where_was_looked_and_what_to_type() {
        let data = tempfile::tempdir().unwrap();
        let told = here(data.path()).unwrap_err().to_string();
        let looked = data.path().join(ENDPOINTS).display().to_string();
        for part in [looked.as_str(), "watchfire serve", "--data", "--server"] {
            assert!(told.contains(part), "{part} in {told}");
        }
    }
}
