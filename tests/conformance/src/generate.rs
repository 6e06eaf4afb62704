//! Random units: the keys of a service with usual, odd and wrong values, in tidy and untidy files.

use std::fmt::Write as _;

use crate::random::Random;

const POOLS: &str = include_str!("../pools.txt");

/// The keys that decide about the exposure level; most lines of a generated unit use one of them.
pub const SCORED: &[&str] = &[
    "AmbientCapabilities",
    "CapabilityBoundingSet",
    "Delegate",
    "DeviceAllow",
    "DevicePolicy",
    "DynamicUser",
    "IPAddressAllow",
    "IPAddressDeny",
    "KeyringMode",
    "LockPersonality",
    "MemoryDenyWriteExecute",
    "NoNewPrivileges",
    "NotifyAccess",
    "PrivateDevices",
    "PrivateMounts",
    "PrivateNetwork",
    "PrivateTmp",
    "PrivateUsers",
    "ProcSubset",
    "ProtectClock",
    "ProtectControlGroups",
    "ProtectHome",
    "ProtectHostname",
    "ProtectKernelLogs",
    "ProtectKernelModules",
    "ProtectKernelTunables",
    "ProtectProc",
    "ProtectSystem",
    "RemoveIPC",
    "RestrictAddressFamilies",
    "RestrictNamespaces",
    "RestrictRealtime",
    "RestrictSUIDSGID",
    "RootDirectory",
    "RootImage",
    "SupplementaryGroups",
    "SystemCallArchitectures",
    "SystemCallFilter",
    "UMask",
    "User",
];

/// Scored keys with values for which a unit is refused as a whole; usual values are taken for them more often.
const REFUSING: &[&str] = &[
    "DynamicUser",
    "RootDirectory",
    "RootImage",
    "SupplementaryGroups",
    "User",
];

/// The line after which the text of a generated unit belongs into a drop-in.
pub const DROP_IN: &str = "# The rest is a drop-in.\n";

/// A key with the values to try for it.
#[derive(Debug, Clone)]
pub struct Pool {
    /// The section it belongs to.
    pub section: &'static str,
    /// The key.
    pub key: &'static str,
    /// The values; pools of several keys repeat them.
    pub values: Vec<String>,
}

/// Every key of a service with its values.
pub fn pools() -> Vec<Pool> {
    let mut pools = Vec::new();
    let mut values: Vec<String> = Vec::new();
    for line in POOLS.lines().filter(|line| !line.starts_with('#')) {
        if line.starts_with('[') {
            values = serde_json::from_str(line).unwrap_or_default();
        } else if let Some((section, key)) = line.split_once('\t') {
            pools.push(Pool {
                section,
                key,
                values: values.clone(),
            });
        }
    }
    pools
}

/// Makes units, the same ones from the same seed.
#[derive(Debug, Clone)]
pub struct Generator {
    random: Random,
    all: Vec<Pool>,
    scored: Vec<Pool>,
}

impl Generator {
    /// A generator that starts from `seed`.
    pub fn new(seed: u64) -> Self {
        let all: Vec<Pool> = pools()
            .into_iter()
            .filter(|pool| pool.section == "Service")
            .collect();
        let scored = all
            .iter()
            .filter(|pool| SCORED.contains(&pool.key))
            .cloned()
            .collect();
        Self {
            random: Random::new(seed),
            all,
            scored,
        }
    }

    /// The text of the next unit; one in five has a drop-in, see [`DROP_IN`]. Most of them load; some are refused.
    pub fn unit(&mut self) -> String {
        let mut text = String::new();
        if self.random.one_in(6) {
            let value = self
                .random
                .pick(&["no", "yes", "maybe", "0"])
                .copied()
                .unwrap_or("no");
            let _ = writeln!(text, "[Unit]\nDefaultDependencies={value}");
        }
        text.push_str("[Service]\n");
        let typical = self.random.below(4) != 0;
        if typical {
            text.push_str("ExecStart=/usr/bin/exampled\n");
        }
        let lines = match self.random.below(4) {
            0 => 1 + self.random.below(4),
            1 | 2 => 4 + self.random.below(12),
            _ => 16 + self.random.below(40),
        };
        for _ in 0..lines {
            self.line(&mut text);
        }
        if !typical {
            text.push_str("ExecStart=/usr/bin/exampled --option\n");
        }
        if self.random.one_in(5) {
            text.push_str(DROP_IN);
            text.push_str("[Service]\n");
            for _ in 0..1 + self.random.below(6) {
                self.line(&mut text);
            }
        }
        text
    }

    fn line(&mut self, text: &mut String) {
        let pools = if self.random.below(8) == 0 {
            &self.all
        } else {
            &self.scored
        };
        let Some(pool) = self.random.pick(pools).cloned() else {
            return;
        };
        let value = self.value(&pool);
        let key = pool.key;
        let _ = match self.random.below(48) {
            0 => writeln!(text, "{}={value}", key.to_lowercase()),
            1 => writeln!(text, " {key} = {value}  "),
            2 => writeln!(text, "{key}={value} \\\n# inside\n  {value}"),
            3 => writeln!(text, "{key}=\\\n{value}"),
            4 => writeln!(text, "# {key}={value}\n; and another"),
            5 => writeln!(text, "{key} {value}"),
            6 => writeln!(text, "{key}=\n{key}={value}"),
            7 => writeln!(text, "{key}={value}\\"),
            8 => writeln!(text, "[Install]\n{key}={value}\n[Service]"),
            9 => writeln!(text, "{key}=\"{value}\""),
            10 => writeln!(text, "{key}={value}\r"),
            11 => writeln!(text, "{key}x={value}"),
            _ => writeln!(text, "{key}={value}"),
        };
    }

    fn value(&mut self, pool: &Pool) -> String {
        let careful = REFUSING.contains(&pool.key) && !self.random.one_in(8);
        // The first values of a pool are usual ones.
        let values = if careful { pool.values.get(..4) } else { None }.unwrap_or(&pool.values);
        let mut value = self.random.pick(values).cloned().unwrap_or_default();
        while !careful && self.random.one_in(5) {
            if let Some(more) = self.random.pick(values) {
                let _ = write!(value, " {more}");
            }
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scored_key_has_values() {
        let pools = pools();
        for key in SCORED {
            let pool = pools.iter().find(|pool| pool.key == *key);
            assert!(pool.is_some_and(|pool| pool.values.len() > 2), "{key}");
        }
        assert!(pools.len() > 250, "{} keys", pools.len());
    }

    #[test]
    fn the_same_seed_makes_the_same_units() {
        let units = |seed| {
            let mut generator = Generator::new(seed);
            (0..20).map(|_| generator.unit()).collect::<Vec<_>>()
        };
        assert_eq!(units(1), units(1));
        assert_ne!(units(1), units(2));
    }
}
