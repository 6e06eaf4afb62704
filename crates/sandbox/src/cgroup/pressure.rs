//! Telling a service where it can watch for a lack of resources (systemd.resource-control(5), "MemoryPressureWatch=").

use std::path::Path;

use unitward_catalog::Version;
use unitward_settings::{PressureWatch, Settings};

use crate::plan::Cause;

/// What a service is told about the pressure of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Watch {
    pub(super) directive: &'static str,
    pub(super) cause: Cause,
    /// The file of the group, which the service's user may write to; none when the service is told not to watch.
    pub(super) file: Option<&'static str>,
    /// The variables, as far as they can be known without the group's directory.
    pub(super) names: (&'static str, &'static str),
    /// What the service has to write to the file, encoded.
    pub(super) text: String,
}

/// What the service is told, by resource.
pub(super) fn watches(settings: &Settings) -> Vec<Watch> {
    let is_known = settings.version >= Version::new(254);
    let all_known = settings.version >= Version::new(261);
    let kernel = Path::new("/proc/pressure").is_dir();
    let resources = [
        (
            is_known,
            "MemoryPressureWatch",
            Cause::of("MemoryPressureWatch", &settings.memory_pressure_watch),
            *settings.memory_pressure_watch,
            settings.memory_accounting.0,
            settings.memory_pressure_threshold_sec.0,
            "memory.pressure",
            ("MEMORY_PRESSURE_WATCH", "MEMORY_PRESSURE_WRITE"),
        ),
        (
            all_known,
            "CPUPressureWatch",
            Cause::of("CPUPressureWatch", &settings.cpu_pressure_watch),
            *settings.cpu_pressure_watch,
            uses_cpu(settings),
            settings.cpu_pressure_threshold_sec.0,
            "cpu.pressure",
            ("CPU_PRESSURE_WATCH", "CPU_PRESSURE_WRITE"),
        ),
        (
            all_known,
            "IOPressureWatch",
            Cause::of("IOPressureWatch", &settings.io_pressure_watch),
            *settings.io_pressure_watch,
            uses_io(settings),
            settings.io_pressure_threshold_sec.0,
            "io.pressure",
            ("IO_PRESSURE_WATCH", "IO_PRESSURE_WRITE"),
        ),
    ];
    let mut watches = Vec::new();
    for (known, directive, cause, watch, accounting, threshold, file, names) in resources {
        let file = match watch {
            PressureWatch::No => None,
            PressureWatch::Yes if kernel => Some(file),
            PressureWatch::Auto if kernel && accounting => Some(file),
            _ => continue,
        };
        if known {
            let text = encoded(threshold);
            watches.push(Watch {
                directive,
                cause,
                file,
                names,
                text,
            });
        }
    }
    watches
}

/// Whether the controller of processors is in use, which `auto` asks for (observed in systemd 262).
fn uses_cpu(settings: &Settings) -> bool {
    settings.cpu_weight.0.is_some()
        || settings.startup_cpu_weight.0.is_some()
        || settings.cpu_quota.0.is_some()
}

/// The same for input and output.
fn uses_io(settings: &Settings) -> bool {
    settings.io_accounting.0
        || settings.io_weight.0.is_some()
        || settings.startup_io_weight.0.is_some()
        || !settings.io_device_weight.0.is_empty()
        || !settings.io_device_latency_target_sec.0.is_empty()
        || [
            &settings.io_read_bandwidth_max,
            &settings.io_write_bandwidth_max,
            &settings.io_read_iops_max,
            &settings.io_write_iops_max,
        ]
        .into_iter()
        .any(|list| list.0.iter().next().is_some())
}

/// The line for the kernel, with the final NUL, in base 64: a stall of so many microseconds within two seconds.
fn encoded(threshold: u64) -> String {
    base64(format!("some {threshold} 2000000\0").as_bytes())
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let group = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let digit = (group >> (18 - 6 * place) & 63) as usize;
            let is_filled = place <= chunk.len();
            let digit = DIGITS.get(digit).filter(|_| is_filled).copied();
            text.push(char::from(digit.unwrap_or(b'=')));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_the_one_that_systemd_gives() {
        assert_eq!(encoded(200_000), "c29tZSAyMDAwMDAgMjAwMDAwMAA=");
        assert_eq!(base64(b"a"), "YQ==");
        assert_eq!(base64(b"ab"), "YWI=");
        assert_eq!(base64(b"abc"), "YWJj");
    }
}
