//! Where daemons run, so that nothing of it is seen outside.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Where a world has `unitward`, this crate's program, and the files of `daemons/`.
pub const FOLDER: &str = "/run/daemons";

/// A world that is to be: its processes, network, control groups, `/dev`, `/etc`, `/home`, `/run`, `/tmp` and `/var` are
/// its own.
#[derive(Debug)]
pub struct World {
    base: PathBuf,
}

impl World {
    /// Makes room for a world. `name` has to be another one for each that there is at a time.
    ///
    /// # Errors
    /// When there can be no temporary folder.
    pub fn new(name: &str) -> io::Result<Self> {
        let name = format!("unitward-world-{}-{name}", std::process::id());
        let base = std::env::temp_dir().join(name);
        fs::create_dir_all(&base)?;
        Ok(Self { base })
    }

    /// Why there can be no world on this machine, if so.
    #[must_use]
    pub fn lack() -> Option<String> {
        // Tests that ask at the same time would be in each other's way.
        static LACK: OnceLock<Option<String>> = OnceLock::new();
        LACK.get_or_init(Self::look_for_lack).clone()
    }

    fn look_for_lack() -> Option<String> {
        if !rustix::process::geteuid().is_root() {
            return Some("only root can make a world for daemons".to_owned());
        }
        for program in ["unshare", "ip", "perl"] {
            let found = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"]
                .iter()
                .any(|folder| Path::new(folder).join(program).exists());
            if !found {
                return Some(format!("there is no {program}"));
            }
        }
        let script = "mkdir -p \"$0\" && mount -t tmpfs world \"$0\" && mkdir \"$0/u\" \"$0/w\" && \
             mount -t overlay -o \"lowerdir=/etc,upperdir=$0/u,workdir=$0/w\" overlay /etc";
        let base = std::env::temp_dir().join(format!("unitward-world-{}", std::process::id()));
        let tried = Command::new("unshare")
            .args(["--mount", "--net", "--pid", "--fork", "sh", "-c", script])
            .arg(&base)
            .output();
        // It is empty again: what was mounted went with the namespace.
        let _ = fs::remove_dir(&base);
        match tried {
            Ok(output) if output.status.success() => None,
            Ok(output) => {
                let text = String::from_utf8_lossy(&output.stderr);
                Some(format!("no world can be made: {}", text.trim()))
            }
            Err(error) => Some(format!("unshare: {error}")),
        }
    }

    /// A command in the world, which is made for it and ends with it. `program` and `unitward` are copied into the world's
    /// [`FOLDER`]; the words after are the arguments of `program`.
    #[must_use]
    pub fn command(&self, unitward: &Path, program: &Path) -> Command {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut command = Command::new("unshare");
        command
            .args(["--mount", "--net", "--ipc", "--uts", "--pid", "--fork"])
            .args(["--kill-child=KILL", "--mount-proc", "--", "sh"])
            .arg(folder.join("world.sh"))
            .arg(folder)
            .arg(&self.base)
            .arg(unitward)
            .arg(program)
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("LC_ALL", "C.UTF-8");
        command
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // What was in it went with the mount namespace.
        let _ = fs::remove_dir(&self.base);
    }
}
