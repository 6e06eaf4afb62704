//! /proc/PID/stat (proc_pid_stat(5)).

/// What is used of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stat {
    /// A letter, such as `S` for sleeping and `Z` for ended.
    pub(crate) state: char,
    /// Whether it is a thread of the kernel.
    pub(crate) is_kernel: bool,
    /// The nice level.
    pub(crate) nice: i32,
    /// When it started, in clock ticks since boot.
    pub(crate) started: u64,
    /// The real-time priority.
    pub(crate) priority: u32,
    /// SCHED_*.
    pub(crate) policy: i32,
}

impl Stat {
    /// The line. The name in it may hold anything, a bracket and a line break among it: the last bracket ends it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (_, rest) = text.rsplit_once(')')?;
        let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
        // The state is the third field of the line and the first one here.
        let field = |number: usize| fields.get(number - 3).copied();
        /// PF_KTHREAD of linux/sched.h.
        const KERNEL: u32 = 0x0020_0000;
        Some(Self {
            is_kernel: field(9)?.parse::<u32>().ok()? & KERNEL != 0,
            state: field(3)?.chars().next()?,
            nice: field(19)?.parse().ok()?,
            started: field(22)?.parse().ok()?,
            priority: field(40)?.parse().ok()?,
            policy: field(41)?.parse().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_name_cannot_forge_fields() {
        let text = "7 (a) Z 1 2 (\n) S 1 7 7 0 -1 4194304 99 0 0 0 0 0 0 0 20 5 1 0 4242 1 2 3 4 5 6 7 8 9 0 0 0 0 0 0 17 1 12 2 0 0 0\n";
        let stat = Stat::parse(text).unwrap();
        assert_eq!((stat.state, stat.nice, stat.started), ('S', 5, 4242));
        assert_eq!((stat.priority, stat.policy), (12, 2));
    }

    #[test]
    fn what_is_cut_off_is_no_process() {
        for text in ["", "7", "7 (a)", "7 (a) S 1 2 3", "7 (a S 1"] {
            assert_eq!(Stat::parse(text), None, "{text:?}");
        }
    }
}
