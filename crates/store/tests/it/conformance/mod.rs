//! What every store must do, whatever stands behind it: plain functions over the ports, and for
//! each set of ports a macro that makes each function a test of one store.

pub(crate) mod condition;
pub(crate) mod event_log;
pub(crate) mod paths;
pub(crate) mod registry;
pub(crate) mod states;
pub(crate) mod strays;
pub(crate) mod supervision;
pub(crate) mod trust;
pub(crate) mod verdicts;

use crate::memory::MemoryLog;
use crate::memory_registry::MemoryRegistry;
use crate::support::{Folder, TestClock};

/// Makes a test of each function, on the value of an expression that has `log` and `clock`.
macro_rules! event_log_conformance {
    ($make:expr) => {
        crate::conformance::tests_of!(event_log, $make;
            a_batch_is_numbered_densely_in_its_order,
            everything_of_an_event_comes_back,
            an_event_of_our_own_is_kept_with_its_text_and_is_no_message,
            an_empty_batch_stores_nothing,
            a_message_without_events_is_refused_and_uses_no_number,
            pages_go_forward_and_back_without_gap_or_double,
            a_page_may_end_exactly_at_the_end,
            filters_leave_only_what_was_asked_for,
            filters_find_rare_events_among_many,
            doubtful_events_are_found_among_many,
            events_of_several_days_are_one_sequence,
            a_clock_set_back_keeps_the_order,
            a_number_that_was_never_given_is_no_event,
            a_repeat_is_found_by_path_and_whole_key,
            a_repeat_with_the_same_time_is_preferred,
            the_newest_is_found_among_many_with_the_same_key,
            repeats_are_looked_for_today_and_yesterday,
            a_message_with_a_number_is_found_by_its_key_then_by_its_number,
            the_newest_message_of_each_path_is_found,
            a_probe_changes_nothing_that_can_be_seen,
        );
    };
}
pub(crate) use event_log_conformance;

macro_rules! registry_conformance {
    ($make:expr) => {
        crate::conformance::tests_of!(registry, $make;
            a_new_store_has_an_organisation_and_a_site,
            panels_are_answered_in_order_with_dense_numbers,
            a_panel_without_a_name_is_called_by_its_account,
            the_very_same_panel_exists_already,
            a_panel_that_a_frame_could_confuse_is_ambiguous,
            conflicts_within_a_batch_are_found,
            receiver_and_line_tell_equal_accounts_apart,
            an_unknown_site_is_named,
            panels_are_found_by_account_and_by_text,
            panels_come_in_pages_by_number,
            a_token_is_replaced_by_its_name,
        );
    };
}
pub(crate) use registry_conformance;

macro_rules! paths_conformance {
    ($make:expr) => {
        crate::conformance::tests_of!(paths, $make;
            everything_that_a_path_is_registered_with_comes_back,
            another_path_of_a_panel_is_the_panels,
            a_path_that_a_frame_could_confuse_is_refused_within_its_panel_too,
            listeners_tell_equal_accounts_apart,
            only_what_is_named_is_changed,
            a_key_is_replaced_and_taken_away,
            a_path_without_key_any_more_is_learned_anew,
            a_removed_path_is_gone_and_its_number_is_never_given_again,
            the_only_path_of_a_panel_stays,
            what_was_learned_is_kept_until_a_person_forgets_it,
            what_is_learned_of_a_removed_path_is_left_out,
            paths_and_panels_that_do_not_exist_are_named,
        );
    };
}
pub(crate) use paths_conformance;

macro_rules! trust_conformance {
    ($make:expr) => {
        crate::conformance::tests_of!(trust, $make;
            certificates_come_back_and_are_found_by_their_panel,
            a_number_is_given_once,
            a_certificate_is_revoked_once_and_stays_on_record,
            a_removed_path_takes_its_certificates_and_its_secret_with_it,
            a_secret_is_set_and_replaced_and_taken_away,
            a_disabled_panel_is_so_on_all_paths_and_since_when_it_was,
            keys_of_tickets_are_kept_newest_first_in_place_of_those_before,
            what_was_told_of_ends_is_kept_of_each_the_newest,
        );
    };
}
pub(crate) use trust_conformance;

macro_rules! tests_of {
    ($module:ident, $make:expr; $($name:ident,)*) => {$(
        #[tokio::test]
        async fn $name() {
            let subject = $make;
            crate::conformance::$module::$name(&subject.store, &subject.clock).await;
        }
    )*};
}
pub(crate) use tests_of;

/// A store and the clock that it reads.
pub(crate) struct Subject<S> {
    pub(crate) store: S,
    pub(crate) clock: std::sync::Arc<TestClock>,
    _folder: Option<Folder>,
}

fn sqlite() -> Subject<store::Store> {
    let folder = Folder::new();
    Subject {
        store: folder.open(),
        clock: std::sync::Arc::clone(&folder.clock),
        _folder: Some(folder),
    }
}

fn memory() -> Subject<MemoryLog> {
    let clock = TestClock::new();
    Subject {
        store: MemoryLog::new(std::sync::Arc::clone(&clock)),
        clock,
        _folder: None,
    }
}

fn memory_registry() -> Subject<MemoryRegistry> {
    let clock = TestClock::new();
    Subject {
        store: MemoryRegistry::new(std::sync::Arc::clone(&clock)),
        clock,
        _folder: None,
    }
}

mod event_log_on_sqlite {
    super::event_log_conformance!(super::sqlite());
}

mod event_log_in_memory {
    super::event_log_conformance!(super::memory());
}

mod registry_on_sqlite {
    super::registry_conformance!(super::sqlite());
}

mod registry_in_memory {
    super::registry_conformance!(super::memory_registry());
}

mod paths_on_sqlite {
    super::paths_conformance!(super::sqlite());
}

mod paths_in_memory {
    super::paths_conformance!(super::memory_registry());
}

mod trust_on_sqlite {
    super::trust_conformance!(super::sqlite());
}

mod trust_in_memory {
    super::trust_conformance!(super::memory_registry());
}

mod states_on_sqlite {
    crate::conformance::tests_of!(states, super::sqlite();
        a_new_store_has_projected_nothing,
        partitions_and_zones_appear_as_observed,
        the_whole_panel_moves_all_its_partitions,
        zones_and_outputs_keep_what_the_newest_event_said,
        what_is_known_of_partitions_is_told_for_many_panels_at_once,
        an_older_event_never_overwrites_a_newer_one,
        an_event_of_an_unknown_panel_moves_only_the_cursor,
    );
}

mod verdicts_on_sqlite {
    crate::conformance::tests_of!(verdicts, super::sqlite();
        a_verdict_is_kept_and_found_by_its_event,
        the_first_verdict_stands,
        a_confirmed_event_moves_what_no_later_one_moved,
        a_verdict_before_the_projection_comes_to_the_same,
    );
}

mod supervision_on_sqlite {
    crate::conformance::tests_of!(supervision, super::sqlite();
        settings_of_panels_and_paths_come_back,
        settings_are_replaced_as_a_whole,
        a_removed_path_is_watched_no_longer,
        a_new_store_has_nothing_to_resume,
        where_supervision_stood_is_resumed,
        a_panel_is_watched_as_it_was_registered,
        what_is_told_twice_counts_once,
        a_panel_that_is_back_ends_its_own_loss_alone,
        losses_that_touch_a_period_are_found,
        losses_of_the_last_day_are_resumed_and_found_by_group,
    );
}

mod condition_on_sqlite {
    crate::conformance::tests_of!(condition, super::sqlite();
        parts_of_hours_add_up_by_hour_and_by_day,
        old_hours_are_forgotten_before_old_days,
        what_a_panel_last_said_of_itself_is_kept,
    );
}

mod strays_on_sqlite {
    crate::conformance::tests_of!(strays, super::sqlite();
        a_stranger_is_kept_with_what_came,
        what_comes_again_is_added_up,
        receiver_line_and_reason_tell_strangers_apart,
        only_the_last_few_frames_are_kept,
        a_rejected_stranger_is_only_counted,
        an_adoption_is_on_record_once_and_outlives_the_entry,
        an_identity_that_was_adopted_may_come_again,
        entries_come_in_pages_the_newest_first,
        the_idle_are_forgotten_and_their_numbers_never_given_again,
        random_lives_come_to_the_same_as_in_memory,
    );
}
