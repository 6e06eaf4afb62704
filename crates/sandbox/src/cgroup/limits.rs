//! Limits and shares of resources: what a directive writes to which file, in both versions of control groups (the
//! kernel's Documentation/admin-guide/cgroup-v2.rst and cgroup-v1).

use std::collections::BTreeSet;

use unitward_settings::{Amount, CpuSetPartition, OomPolicy, Setting, Settings};

use super::block;
use crate::plan::Cause;

/// What a directive asks of a controller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Limit {
    pub(super) directive: &'static str,
    pub(super) cause: Cause,
    /// The controller of version 2.
    pub(super) controller: &'static str,
    /// Files of the group and what is written; none where it is enough that the controller is on.
    pub(super) files: Vec<(&'static str, String)>,
    /// The same in version 1.
    pub(super) legacy: Legacy,
}

/// The equivalent of a limit in version 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Legacy {
    /// A controller, its files and what is written.
    Files(&'static str, Vec<(&'static str, String)>),
    /// There is none.
    Nothing,
}

/// What the machine has, for limits that are shares.
#[derive(Clone, Copy, Debug)]
pub(super) struct Machine {
    /// Bytes of memory.
    pub(super) memory: u64,
    /// The most tasks.
    pub(super) tasks: u64,
}

impl Machine {
    /// This machine.
    pub(super) fn read() -> Self {
        let info = rustix::system::sysinfo();
        let number = |file| {
            let text = std::fs::read_to_string(file).ok()?;
            text.trim().parse::<u64>().ok()
        };
        let pids = number("/proc/sys/kernel/pid_max").unwrap_or(u64::MAX);
        let threads = number("/proc/sys/kernel/threads-max").unwrap_or(u64::MAX);
        Self {
            memory: info.totalram.saturating_mul(info.mem_unit.into()),
            tasks: pids.min(threads),
        }
    }

    /// A share of the memory, in whole pages.
    fn memory(self, amount: Amount) -> Option<u64> {
        let page = u64::try_from(rustix::param::page_size())
            .unwrap_or(4096)
            .max(1);
        match amount {
            Amount::Infinity => None,
            Amount::Number(bytes) => Some(bytes),
            Amount::Share(share) => Some(share_of(self.memory / page, share).saturating_mul(page)),
        }
    }

    fn tasks(self, amount: Amount) -> Option<u64> {
        match amount {
            Amount::Infinity => None,
            Amount::Number(tasks) => Some(tasks),
            Amount::Share(share) => Some(share_of(self.tasks, share)),
        }
    }
}

/// Every limit that the settings ask for.
pub(super) fn all(settings: &Settings, machine: Machine) -> Vec<Limit> {
    let mut limits = Limits {
        list: Vec::new(),
        machine,
    };
    limits.tasks(settings);
    limits.memory(settings);
    limits.processors(settings);
    limits.sets(settings);
    limits.io(settings);
    limits.accounting(settings);
    limits.list
}

struct Limits {
    list: Vec<Limit>,
    machine: Machine,
}

impl Limits {
    fn add<T>(
        &mut self,
        directive: &'static str,
        setting: &Setting<T>,
        controller: &'static str,
        files: Vec<(&'static str, String)>,
        legacy: Legacy,
    ) {
        if setting.is_set() {
            self.list.push(Limit {
                directive,
                cause: Cause::of(directive, setting),
                controller,
                files,
                legacy,
            });
        }
    }

    fn tasks(&mut self, settings: &Settings) {
        if let Some(amount) = settings.tasks_max.0 {
            let files = vec![("pids.max", or_max(self.machine.tasks(amount)))];
            let legacy = Legacy::Files("pids", files.clone());
            self.add("TasksMax", &settings.tasks_max, "pids", files, legacy);
        }
    }

    fn memory(&mut self, settings: &Settings) {
        let machine = self.machine;
        macro_rules! amounts {
            ($($directive:literal $field:ident $file:literal,)*) => {$(
                let text = or_max(machine.memory(settings.$field.0));
                self.add($directive, &settings.$field, "memory", vec![($file, text)], Legacy::Nothing);
            )*};
        }
        amounts! {
            "MemoryMin" memory_min "memory.min",
            "MemoryLow" memory_low "memory.low",
            "MemoryHigh" memory_high "memory.high",
            "MemoryZSwapMax" memory_zswap_max "memory.zswap.max",
        }
        let bytes = machine.memory(settings.memory_max.0);
        self.add(
            "MemoryMax",
            &settings.memory_max,
            "memory",
            vec![("memory.max", or_max(bytes))],
            Legacy::Files(
                "memory",
                vec![("memory.limit_in_bytes", or_minus_one(bytes))],
            ),
        );
        let swap = machine.memory(settings.memory_swap_max.0);
        // Version 1 limits memory and swap together, so a limit of swap alone cannot be said.
        let legacy = match (bytes, swap) {
            (Some(bytes), Some(swap)) => {
                let both = bytes.saturating_add(swap).to_string();
                Legacy::Files("memory", vec![("memory.memsw.limit_in_bytes", both)])
            }
            _ => Legacy::Nothing,
        };
        let files = vec![("memory.swap.max", or_max(swap))];
        self.add(
            "MemorySwapMax",
            &settings.memory_swap_max,
            "memory",
            files,
            legacy,
        );
        let writeback = u8::from(settings.memory_zswap_writeback.0).to_string();
        self.add(
            "MemoryZSwapWriteback",
            &settings.memory_zswap_writeback,
            "memory",
            vec![("memory.zswap.writeback", writeback)],
            Legacy::Nothing,
        );
        if *settings.oom_policy == OomPolicy::Kill {
            let files = vec![("memory.oom.group", "1".to_owned())];
            self.add(
                "OOMPolicy",
                &settings.oom_policy,
                "memory",
                files,
                Legacy::Nothing,
            );
        }
    }

    fn processors(&mut self, settings: &Settings) {
        if let Some(weight) = settings.cpu_weight.0 {
            let (files, legacy) = match weight {
                0 => (
                    vec![("cpu.idle", "1".to_owned())],
                    vec![("cpu.idle", "1".to_owned())],
                ),
                weight => {
                    // The usual weight of 100 is 1024 shares.
                    let shares = (u32::from(weight) * 1024 / 100).clamp(2, 262_144);
                    (
                        vec![("cpu.weight", weight.to_string())],
                        vec![("cpu.shares", shares.to_string())],
                    )
                }
            };
            let legacy = Legacy::Files("cpu", legacy);
            self.add("CPUWeight", &settings.cpu_weight, "cpu", files, legacy);
        }
        if let Some(quota) = settings.cpu_quota.0 {
            let (quota, period) = bandwidth(quota, settings.cpu_quota_period_sec.0);
            let legacy = vec![
                ("cpu.cfs_period_us", period.to_string()),
                ("cpu.cfs_quota_us", quota.to_string()),
            ];
            let files = vec![("cpu.max", format!("{quota} {period}"))];
            let legacy = Legacy::Files("cpu", legacy);
            self.add(
                "CPUQuota",
                &settings.cpu_quota,
                "cpu",
                files.clone(),
                legacy.clone(),
            );
            self.add(
                "CPUQuotaPeriodSec",
                &settings.cpu_quota_period_sec,
                "cpu",
                files,
                legacy,
            );
        }
    }

    fn sets(&mut self, settings: &Settings) {
        let cpus = list(&settings.allowed_cpus.0);
        let nodes = list(&settings.allowed_memory_nodes.0);
        let legacy = |file, text: &str| Legacy::Files("cpuset", vec![(file, text.to_owned())]);
        if !cpus.is_empty() {
            let v1 = legacy("cpuset.cpus", &cpus);
            let files = vec![("cpuset.cpus", cpus)];
            self.add("AllowedCPUs", &settings.allowed_cpus, "cpuset", files, v1);
        }
        if !nodes.is_empty() {
            let v1 = legacy("cpuset.mems", &nodes);
            let files = vec![("cpuset.mems", nodes)];
            self.add(
                "AllowedMemoryNodes",
                &settings.allowed_memory_nodes,
                "cpuset",
                files,
                v1,
            );
        }
        let partition = &settings.cpu_set_partition;
        let word = match **partition {
            CpuSetPartition::Member => "member",
            CpuSetPartition::Root => "root",
            CpuSetPartition::Isolated => "isolated",
            _ => return,
        };
        let files = vec![("cpuset.cpus.partition", word.to_owned())];
        self.add(
            "CPUSetPartition",
            partition,
            "cpuset",
            files,
            Legacy::Nothing,
        );
    }

    fn io(&mut self, settings: &Settings) {
        if let Some(weight) = settings.io_weight.0 {
            let files = vec![("io.weight", format!("default {weight}"))];
            self.add(
                "IOWeight",
                &settings.io_weight,
                "io",
                files,
                Legacy::Nothing,
            );
        }
        for item in &settings.io_device_weight.0 {
            let cause = Cause::at("IODeviceWeight", item.origin);
            self.device(cause, &item.value.path, |device| {
                let text = format!("{device} {}", item.value.value);
                (("io.weight", text), Legacy::Nothing)
            });
        }
        macro_rules! bounds {
            ($($directive:literal $field:ident $key:literal $legacy:literal,)*) => {$(
                for item in settings.$field.0.iter() {
                    let cause = Cause::at($directive, item.origin);
                    let value = item.value.value;
                    let limit = (value < u64::MAX).then_some(value);
                    self.device(cause, &item.value.path, |device| {
                        let v1 = vec![($legacy, format!("{device} {}", limit.unwrap_or(0)))];
                        let text = format!(concat!("{} ", $key, "={}"), device, or_max(limit));
                        (("io.max", text), Legacy::Files("blkio", v1))
                    });
                }
            )*};
        }
        bounds! {
            "IOReadBandwidthMax" io_read_bandwidth_max "rbps" "blkio.throttle.read_bps_device",
            "IOWriteBandwidthMax" io_write_bandwidth_max "wbps" "blkio.throttle.write_bps_device",
            "IOReadIOPSMax" io_read_iops_max "riops" "blkio.throttle.read_iops_device",
            "IOWriteIOPSMax" io_write_iops_max "wiops" "blkio.throttle.write_iops_device",
        }
        for item in &settings.io_device_latency_target_sec.0 {
            let cause = Cause::at("IODeviceLatencyTargetSec", item.origin);
            self.device(cause, &item.value.path, |device| {
                let text = format!("{device} target={}", item.value.value);
                (("io.latency", text), Legacy::Nothing)
            });
        }
    }

    /// A limit for the disk of a path; one without a disk, such as that of a tmpfs, is passed over as systemd does.
    fn device(
        &mut self,
        cause: Cause,
        path: &str,
        files: impl FnOnce(&str) -> ((&'static str, String), Legacy),
    ) {
        let Some(device) = block::disk_of(path) else {
            return;
        };
        let (file, legacy) = files(&device);
        self.list.push(Limit {
            directive: cause.directive,
            cause,
            controller: "io",
            files: vec![file],
            legacy,
        });
    }

    /// Counters need their controller and nothing else. Those of processors are always there.
    fn accounting(&mut self, settings: &Settings) {
        if settings.memory_accounting.0 {
            let legacy = Legacy::Files("memory", Vec::new());
            self.add(
                "MemoryAccounting",
                &settings.memory_accounting,
                "memory",
                Vec::new(),
                legacy,
            );
        }
        if settings.tasks_accounting.0 {
            let legacy = Legacy::Files("pids", Vec::new());
            self.add(
                "TasksAccounting",
                &settings.tasks_accounting,
                "pids",
                Vec::new(),
                legacy,
            );
        }
        if settings.io_accounting.0 {
            let legacy = Legacy::Files("blkio", Vec::new());
            self.add(
                "IOAccounting",
                &settings.io_accounting,
                "io",
                Vec::new(),
                legacy,
            );
        }
    }
}

/// The quota and the period of CPUQuota=, in microseconds. A quota under a millisecond is made up for by a longer
/// period, of at most a second.
fn bandwidth(quota: u32, period: u64) -> (u64, u64) {
    const DEFAULT: u64 = 100_000;
    const LEAST: u64 = 1_000;
    const MOST: u64 = 1_000_000;
    // Ten-thousandths of a processor, in microseconds a second.
    let per_second = u64::from(quota).saturating_mul(100).max(1);
    let period = if period == u64::MAX { DEFAULT } else { period };
    let needed = (LEAST * MOST).div_ceil(per_second);
    let period = period.max(needed).clamp(LEAST, MOST);
    let quota = per_second.saturating_mul(period) / MOST;
    (quota.max(LEAST), period)
}

fn share_of(whole: u64, share: u32) -> u64 {
    let part = u128::from(whole) * u128::from(share) / 10_000;
    u64::try_from(part).unwrap_or(u64::MAX)
}

fn or_max(number: Option<u64>) -> String {
    number.map_or_else(|| "max".to_owned(), |number| number.to_string())
}

fn or_minus_one(number: Option<u64>) -> String {
    number.map_or_else(|| "-1".to_owned(), |number| number.to_string())
}

/// A set in the kernel's form, as in `0-3,8`.
fn list(numbers: &BTreeSet<u16>) -> String {
    let mut ranges: Vec<(u16, u16)> = Vec::new();
    for number in numbers.iter().copied() {
        match ranges.last_mut() {
            Some((_, end)) if end.checked_add(1) == Some(number) => *end = number,
            _ => ranges.push((number, number)),
        }
    }
    let words: Vec<String> = ranges
        .into_iter()
        .map(|(from, to)| {
            if from == to {
                from.to_string()
            } else {
                format!("{from}-{to}")
            }
        })
        .collect();
    words.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_period_grows_where_the_quota_is_too_small() {
        assert_eq!(bandwidth(5_000, u64::MAX), (50_000, 100_000));
        assert_eq!(bandwidth(20_000, u64::MAX), (200_000, 100_000));
        assert_eq!(bandwidth(5_000, 10_000), (5_000, 10_000));
        // 0.5% of 100 ms is half a millisecond.
        assert_eq!(bandwidth(50, u64::MAX), (1_000, 200_000));
        assert_eq!(bandwidth(1, u64::MAX), (1_000, 1_000_000));
        assert_eq!(bandwidth(10_000, 5_000_000), (1_000_000, 1_000_000));
    }

    #[test]
    fn sets_are_written_as_ranges() {
        assert_eq!(list(&[0, 1, 2, 3, 8].into()), "0-3,8");
        assert_eq!(list(&[5].into()), "5");
        assert_eq!(list(&BTreeSet::new()), "");
    }

    #[test]
    fn shares_are_of_whole_pages() {
        let machine = Machine {
            memory: 10_001 * 4096,
            tasks: 1000,
        };
        let page = u64::try_from(rustix::param::page_size()).unwrap_or(4096);
        let half = machine.memory(Amount::Share(5000)).unwrap_or(1);
        assert_eq!(half % page, 0);
        assert_eq!(machine.tasks(Amount::Share(1500)), Some(150));
        assert_eq!(machine.tasks(Amount::Infinity), None);
    }
}
