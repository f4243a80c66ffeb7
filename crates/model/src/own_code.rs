//! Codes of events that are our own: what Watchfire saw, and no panel said.
//!
//! Append only: the texts are in rows and are matched on by programs.

use crate::code_table::code_table;

code_table! {
    /// What we saw ourselves.
    OwnCode;

    /// Nothing was heard by this path within its time (R10).
    PathLost, "path_lost", Communication, "path lost", &[];
    /// The path was heard again.
    PathRestored, "path_back", Communication, "path restored", &["path_lost", "still_lost", "never_heard"];
    /// The last path of a panel with several was lost (R9).
    PanelLost, "panel_lost", Communication, "panel lost", &[];
    /// The first of a lost panel's paths was heard again.
    PanelRestored, "panel_back", Communication, "panel restored", &["panel_lost"];
    /// A path has now been lost for another day (R10).
    StillLost, "still_lost", Communication, "path still lost", &[];
    /// Nothing was heard since the commissioning date (R10).
    NeverReported, "never_heard", Communication, "never reported", &[];
    /// An expected test signal did not come.
    TestOverdue, "test_overdue", Communication, "test signal overdue", &[];
    /// The test signal came after all.
    TestRestored, "test_back", Communication, "test signal came", &["test_overdue"];
    /// R1: padding unlike what the account is used to send; possibly an altered frame.
    OddPadding, "odd_padding", Tamper, "unusual padding of an encrypted signal", &[];
    /// R1: a plain signal of an account that encrypts.
    PlainAfterEncrypted, "plain_again", Tamper, "plain signal of a panel that encrypts", &[];
    /// R6: frames of a registered account that its key does not open.
    WrongKey, "wrong_key", Communication, "signals that the panel's key does not open", &[];
    /// R7: one address sends more than its share.
    Flood, "flood", Communication, "flood from one address", &[];
    /// R6: a signal of an account that nobody registered was acknowledged.
    UnknownAccount, "unknown_acct", Communication, "signal of an unknown account", &[];
    /// R3: many panels' clocks left the window at once; ours is suspected.
    ClockSuspect, "clock_doubt", Communication, "our clock is suspected to be wrong", &[];
    /// R3: panels' clocks agree with ours again.
    ClockTrusted, "clock_sure", Communication, "our clock is trusted again", &["clock_doubt"];
    /// Our clock was set by more than a few seconds.
    ClockJumped, "clock_jump", Communication, "our clock jumped", &[];
    /// R11: we could not serve panels for a time.
    Outage, "outage", Communication, "Watchfire was out of service", &[];
    /// R2: a boot and sequence came again with other content.
    SequenceRegressed, "seq_regress", Tamper, "event numbers used twice", &[];
    /// R9: two lives advance on one path.
    CloneSuspected, "clone", Tamper, "a copy of the panel is suspected", &[];
    /// R12: nobody disarmed, and the panel fell silent.
    BurglarySuspected, "crash_smash", Burglary, "burglary suspected: silent after entry", &[];
    /// R12: every path of an armed panel is lost.
    LostWhileArmed, "lost_armed", Burglary, "panel lost while armed", &[];
    /// R27: a panel's certificate is about to expire, or has.
    CertificateExpiring, "cert_expiry", Trouble, "a panel's certificate expires", &[];
    /// Our own certificate, or an authority's, is about to expire.
    OwnCertificateExpiring, "our_cert", Trouble, "Watchfire's certificate expires", &[];
    /// What is to be read for TLS cannot be; what was read before is still used.
    TlsReloadFailed, "tls_reload", Trouble, "certificates could not be read again", &[];
    /// Many TLS handshakes are refused.
    HandshakesRefused, "tls_refused", Communication, "many TLS handshakes refused", &[];
    /// A loop of ours took too long for its turns.
    LoopDelayed, "loop_delay", Trouble, "Watchfire is slow", &[];
    /// R9: another model, or a boot counter that went back: perhaps another device in its place.
    Substituted, "substituted", Tamper, "another device in the panel's place is suspected", &[];
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn texts_are_short_unique_and_read_back() {
        let distinct: HashSet<_> = OwnCode::ALL.iter().map(|code| code.text()).collect();
        assert_eq!(distinct.len(), OwnCode::ALL.len());
        for code in OwnCode::ALL {
            assert_eq!(OwnCode::parse(code.as_str()), Some(*code));
            assert!(
                code.restores()
                    .iter()
                    .all(|text| OwnCode::parse(text).is_some())
            );
        }
    }
}
