//! Which rules count.

use unitward_config::Config;
use unitward_lint::{Family, Rule, find, rules};

use crate::args::Check;
use crate::error::Error;

/// The rules of a call: chosen by code, by family (`UWB`), or by name.
pub(crate) struct Selection {
    select: Vec<String>,
    ignore: Vec<String>,
}

impl Selection {
    /// Takes the command line, and what it does not say from the configuration.
    pub(crate) fn new(args: &Check, config: &Config) -> Result<Self, Error> {
        let select = if args.select.is_empty() {
            &config.select
        } else {
            &args.select
        };
        let ignore: Vec<String> = config.ignore.iter().chain(&args.ignore).cloned().collect();
        for word in select.iter().chain(&ignore) {
            let family = Family::ALL
                .iter()
                .any(|family| family.prefix().eq_ignore_ascii_case(word));
            if !family && find(word).is_none() && word != "ALL" {
                let names = rules().iter().flat_map(|rule| [rule.code, rule.name]);
                let meant = unitward_catalog::suggest(word, names);
                let error = Error::new(format!("There is no rule {word}."));
                return Err(match meant {
                    Some(name) => error.hint(format!("Perhaps {name} is meant.")),
                    None => error.hint("unitward explain lists the rules."),
                });
            }
        }
        Ok(Self {
            select: select.clone(),
            ignore,
        })
    }

    /// The rules that count.
    pub(crate) fn rules(&self) -> Vec<&'static Rule> {
        let all = rules().iter().copied();
        all.filter(|rule| self.has(rule)).collect()
    }

    /// Whether a rule counts.
    pub(crate) fn has(&self, rule: &Rule) -> bool {
        let chosen = self.select.is_empty() || self.select.iter().any(|word| rule.answers_to(word));
        chosen && !self.ignore.iter().any(|word| rule.answers_to(word))
    }
}
