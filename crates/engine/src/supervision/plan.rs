//! From what was set to how each path is watched. Pure.
//!
//! Invariant: what was set of a path goes before what was set of its panel, and that before the
//! default.

use std::time::Duration;

use model::{
    Assurance, Counts, FamilyName, Forgery, ListenerName, SupervisionClass, SupervisionSettings,
    TestWatch, Watch,
};

use super::outbreak::Group;
use super::slot::{Expected, Times, Watched};
use crate::ports::{NewPanel, PathBinding, SetError, WatchedPath};

/// What holds for all panels.
#[derive(Debug, Clone, Default)]
pub(super) struct House {
    /// For panels of which nothing was set.
    pub(super) default: Option<Watch>,
    /// Families in which a farewell means that the panel is gone.
    pub(super) farewells: Vec<FamilyName>,
    /// Listeners where every panel must show a certificate.
    pub(super) certified: Vec<ListenerName>,
}

impl House {
    /// What the channel of a path is worth against forgery.
    pub(super) fn assurance(&self, binding: &PathBinding) -> Assurance {
        let path = &binding.path;
        if self.proves(path.family, path.listener) {
            return Assurance::Sound;
        }
        Assurance::of(path.cipher.is_some(), binding.learned.forgery)
    }

    /// What that of a panel will be worth of which nothing was heard yet.
    pub(super) fn assurance_of_new(&self, panel: &NewPanel) -> Assurance {
        if self.proves(panel.family, panel.listener) {
            return Assurance::Sound;
        }
        Assurance::of(panel.key.is_some(), Forgery::Unknown)
    }

    /// Whether whoever comes so has proved who it is.
    fn proves(&self, family: FamilyName, listener: Option<ListenerName>) -> bool {
        let certified = |listener| self.certified.contains(&listener);
        self.farewells.contains(&family) || listener.is_some_and(certified)
    }
}

/// What is in force of a path.
pub(super) fn effective(path: &WatchedPath, house: &House) -> SupervisionSettings {
    let (own, panel) = (path.of_path, path.of_panel);
    SupervisionSettings {
        watch: own.watch.or(panel.watch).or(house.default),
        test: own.test.or(panel.test),
        commissioned: own.commissioned.or(panel.commissioned),
    }
}

/// How the paths of one panel are watched; they come by number, the first one registered first.
pub(super) fn plan(paths: &[WatchedPath], house: &House) -> Vec<Watched> {
    // A panel's expectation hangs on its first path that has none of its own.
    let lead = paths.iter().find(|path| path.of_path.test.is_none());
    let lead = lead.map(|path| path.path);
    let plan = paths.iter().enumerate().map(|(rank, path)| {
        let in_force = effective(path, house);
        let own = path.of_path.test.is_some();
        let by = if own { Some(path.path) } else { lead };
        let expected = in_force.test.and_then(expected);
        Watched {
            path: path.path,
            panel: path.panel,
            groups: [
                Group::All,
                Group::Organisation(path.organisation),
                Group::Site(path.site),
            ],
            times: in_force.watch.and_then(|watch| times(watch, rank == 0)),
            farewell: house.farewells.contains(&path.family),
            test: expected.filter(|_| by == Some(path.path)),
            satisfies: by.filter(|_| expected.is_some()),
            commissioned: in_force
                .commissioned
                .unwrap_or(path.created)
                .max(path.created),
        }
    });
    plan.collect()
}

fn times(watch: Watch, first: bool) -> Option<Times> {
    let same = |time: Duration| Times {
        working: time,
        failed: time,
    };
    match watch {
        Watch::Off => None,
        Watch::Every(time) => Some(same(time)),
        Watch::Class(class) => Some(match class.alternative_deadline() {
            Some(working) if !first => Times {
                working,
                failed: class.deadline(),
            },
            _ => same(class.deadline()),
        }),
    }
}

fn expected(test: TestWatch) -> Option<Expected> {
    match test {
        TestWatch::Off => None,
        TestWatch::Every { every, counts } => Some(Expected {
            every,
            any: counts == Counts::AnySignal,
        }),
    }
}

/// Whether a class may be set of paths with these channels, of a panel with so many.
pub(super) fn may_set(
    class: SupervisionClass,
    channels: impl IntoIterator<Item = Assurance>,
    paths: usize,
) -> Result<(), SetError> {
    if class.is_dual() && paths < 2 {
        return Err(SetError::OnePath(class));
    }
    channels.into_iter().try_for_each(|channel| {
        let claim = channel.may_claim(class);
        claim.map_err(|claim| SetError::Claim { class, claim })
    })
}

#[cfg(test)]
mod tests {
    use model::{OrganisationId, PanelId, PanelIndex, PathId, PathIndex, SiteId, Wall};

    use super::*;
    use crate::registry::tests::binding;

    fn path(number: u32) -> WatchedPath {
        WatchedPath {
            path: PathIndex(number),
            path_id: PathId::from_bytes([1; 16]),
            panel: PanelIndex(1),
            panel_id: PanelId::from_bytes([1; 16]),
            organisation: OrganisationId::from_bytes([1; 16]),
            site: SiteId::from_bytes([1; 16]),
            family: FamilyName::parse("dc09").unwrap(),
            created: Wall(50),
            of_panel: SupervisionSettings::default(),
            of_path: SupervisionSettings::default(),
        }
    }

    fn seconds(watched: &Watched) -> Option<(u64, u64)> {
        let times = watched.times?;
        Some((times.working.as_secs(), times.failed.as_secs()))
    }

    #[test]
    fn a_path_goes_before_its_panel_and_that_before_the_default() {
        let house = House {
            default: Some(Watch::Every(Duration::from_mins(5))),
            ..House::default()
        };
        let mut one = path(1);
        assert_eq!(seconds(&plan(&[one.clone()], &house)[0]), Some((300, 300)));
        one.of_panel.watch = Some(Watch::Class(SupervisionClass::Sp5));
        assert_eq!(seconds(&plan(&[one.clone()], &house)[0]), Some((87, 87)));
        one.of_path.watch = Some(Watch::Off);
        assert_eq!(plan(&[one], &house)[0].times, None);
    }

    #[test]
    fn in_a_class_of_two_paths_the_first_is_quick_and_the_others_slow_until_it_fails() {
        let mut paths = [path(1), path(2)];
        for path in &mut paths {
            path.of_panel.watch = Some(Watch::Class(SupervisionClass::Dp4));
        }
        let plan = plan(&paths, &House::default());
        assert_eq!(seconds(&plan[0]), Some((87, 87)));
        assert_eq!(seconds(&plan[1]), Some((5 * 3_600 - 3, 87)));
    }

    #[test]
    fn what_is_expected_of_a_panel_hangs_on_one_path_and_is_satisfied_by_any() {
        let mut paths = [path(1), path(2), path(3)];
        let daily = TestWatch::Every {
            every: Duration::from_hours(24),
            counts: Counts::Tests,
        };
        for path in &mut paths {
            path.of_panel.test = Some(daily);
        }
        paths[0].of_path.test = Some(daily);
        let plan = plan(&paths, &House::default());
        let expected: Vec<bool> = plan.iter().map(|one| one.test.is_some()).collect();
        assert_eq!(expected, [true, true, false]);
        let satisfies: Vec<_> = plan.iter().map(|one| one.satisfies.unwrap().0).collect();
        assert_eq!(satisfies, [1, 2, 2]);
    }

    #[test]
    fn a_commissioning_date_before_the_registration_is_the_registration() {
        let mut one = path(1);
        one.of_panel.commissioned = Some(Wall(7));
        assert_eq!(plan(&[one], &House::default())[0].commissioned, Wall(50));
    }

    #[test]
    fn a_class_of_two_paths_needs_two_and_any_class_needs_its_channel() {
        let one = may_set(SupervisionClass::Dp1, [Assurance::Plain], 1);
        assert_eq!(one, Err(SetError::OnePath(SupervisionClass::Dp1)));
        let plain = [Assurance::Sound, Assurance::Plain];
        assert!(may_set(SupervisionClass::Dp4, plain, 2).is_err());
        assert!(may_set(SupervisionClass::Dp1, plain, 2).is_ok());
        assert!(may_set(SupervisionClass::Sp6, [Assurance::Sound], 1).is_ok());
    }

    #[test]
    fn a_channel_is_sound_where_every_panel_has_proved_who_it_is() {
        let name = |text: &str| ListenerName::parse(text).unwrap();
        let house = House {
            farewells: vec![FamilyName::parse("mqtt").unwrap()],
            certified: vec![name("certified")],
            ..House::default()
        };
        let of = |family: &str, listener: Option<&str>| {
            let mut binding = binding(1, "1234", None, None);
            binding.path.family = FamilyName::parse(family).unwrap();
            binding.path.listener = listener.map(name);
            house.assurance(&binding)
        };
        assert_eq!(of("mqtt", None), Assurance::Sound);
        assert_eq!(of("dc09", Some("certified")), Assurance::Sound);
        // Over TLS without a certificate anybody can show an account, and so it is by any listener.
        assert_eq!(of("dc09", Some("dc09_tls")), Assurance::Plain);
        assert_eq!(of("dc09", None), Assurance::Plain);
    }
}
