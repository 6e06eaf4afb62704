//! `unitward.toml`.

use unitward_config::{Config, Date};
use unitward_lint::rules;

/// A configuration of any text: it is refused with a reason, or its levels are levels and every unit can be asked about.
pub fn config(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let config = match Config::parse(&text) {
        Ok(config) => config,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let today = Date::of_seconds(1_700_000_000);
    let own = config.exceptions.iter().map(|exception| &*exception.unit);
    for unit in ["a.service", "sshd@b.service", ""].into_iter().chain(own) {
        assert!(
            config.threshold(unit).is_none_or(|level| level <= 100),
            "{unit}"
        );
        let policy = config.policy(unit, today);
        assert!(policy.requirements.len() <= config.requirements.len());
        assert!(policy.expired.len() + policy.exceptions.len() <= config.exceptions.len());
        let accepted = rules()
            .iter()
            .filter_map(|rule| config.exception(unit, rule, today));
        for exception in accepted {
            assert!(
                !exception.reason.trim().is_empty()
                    && exception.expires.is_none_or(|last| last >= today)
            );
        }
    }
    let _ = config.version();
}
