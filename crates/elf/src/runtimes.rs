//! Runtimes that make code while they run, by the names of their files.

use crate::names::{self, Kind};
use crate::wx::WxEffect::{self, Fails, FailsInUse, FallsBack};

/// A runtime that makes code while it runs.
pub(crate) struct Runtime {
    /// Patterns for the names of programs.
    programs: &'static [&'static str],
    /// Patterns for the names of libraries.
    libraries: &'static [&'static str],
    pub(crate) what: &'static str,
    pub(crate) effect: WxEffect,
    pub(crate) why: &'static str,
}

/// The runtime that a file's name stands for.
pub(crate) fn find(kind: Kind, name: &str) -> Option<&'static Runtime> {
    RUNTIMES.iter().find(|runtime| {
        let patterns = match kind {
            Kind::Program => runtime.programs,
            Kind::Library => runtime.libraries,
        };
        patterns
            .iter()
            .any(|pattern| names::version(kind, pattern, name).is_some())
    })
}

const RUNTIMES: &[Runtime] = &[
    Runtime {
        programs: &[
            "node", "nodejs", "deno", "electron", "chrome", "chromium", "d8",
        ],
        libraries: &["libnode", "libv8", "libv8_libbase", "libcef"],
        what: "the V8 JavaScript engine",
        effect: Fails,
        why: "It compiles JavaScript to machine code and aborts when it may not. Node.js starts \
              with --jitless, without WebAssembly.",
    },
    Runtime {
        programs: &[
            "java",
            "jsvc",
            "elasticsearch",
            "opensearch",
            "logstash",
            "cassandra",
            "neo4j",
            "jenkins",
            "catalina.sh",
            "kafka-server-start.sh",
            "zkServer.sh",
        ],
        libraries: &["libjvm", "libjli"],
        what: "the Java virtual machine",
        effect: Fails,
        why: "It keeps compiled code and its own stubs in memory that it writes and executes, \
              with -Xint too, and does not start without.",
    },
    Runtime {
        programs: &["dotnet"],
        libraries: &["libcoreclr", "libclrjit", "libhostfxr", "libhostpolicy"],
        what: "the .NET runtime",
        effect: Fails,
        why: "It compiles each method when it is first called and makes the code executable \
              afterwards.",
    },
    Runtime {
        programs: &["mono", "mono-sgen", "mono-service"],
        libraries: &["libmonosgen", "libmonoboehm", "libmono"],
        what: "the Mono runtime",
        effect: Fails,
        why: "It compiles each method when it is first called, to memory that it writes and \
              executes.",
    },
    Runtime {
        programs: &[
            "beam.smp",
            "erl",
            "erlexec",
            "iex",
            "elixir",
            "rabbitmq-server",
            "ejabberdctl",
            "couchdb",
            "emqx",
            "vernemq",
        ],
        libraries: &[],
        what: "the Erlang virtual machine",
        effect: FailsInUse,
        why: "Since OTP 24 it translates modules to machine code when it loads them. Only a build \
              without its JIT does without.",
    },
    Runtime {
        programs: &["luajit"],
        libraries: &["libluajit"],
        what: "LuaJIT",
        effect: FailsInUse,
        why: "It compiles loops and functions that run often, and ends the program when it may \
              not make the code executable. Scripts can switch that off with jit.off().",
    },
    Runtime {
        programs: &["pypy", "pypy2", "pypy3"],
        libraries: &["libpypy*"],
        what: "PyPy",
        effect: FailsInUse,
        why: "It compiles loops that run often, to memory that it writes and executes. --jit off \
              keeps it from that.",
    },
    Runtime {
        programs: &[
            "firefox",
            "firefox-esr",
            "thunderbird",
            "couchjs",
            "mongod",
            "gjs",
            "js",
        ],
        libraries: &["libmozjs*", "libxul"],
        what: "the SpiderMonkey JavaScript engine",
        effect: FailsInUse,
        why: "It compiles JavaScript and regular expressions to machine code.",
    },
    Runtime {
        programs: &["bun", "WebKitWebProcess"],
        libraries: &["libjavascriptcoregtk*", "libwebkit2gtk*", "libwebkitgtk*"],
        what: "the JavaScriptCore engine",
        effect: FailsInUse,
        why: "It compiles JavaScript and regular expressions to machine code.",
    },
    Runtime {
        programs: &["wasmtime", "wasmer", "wasmedge", "spin", "envoy"],
        libraries: &["libwasmtime", "libwasmer", "libwasmedge"],
        what: "a WebAssembly compiler",
        effect: FailsInUse,
        why: "It translates modules to machine code before it executes them.",
    },
    Runtime {
        programs: &[
            "qemu-system-*",
            "qemu-aarch64*",
            "qemu-arm*",
            "qemu-i386*",
            "qemu-x86_64*",
            "qemu-ppc*",
            "qemu-riscv*",
            "qemu-s390x*",
            "qemu-mips*",
        ],
        libraries: &["libunicorn"],
        what: "QEMU's code generator",
        effect: FailsInUse,
        why: "Without KVM it translates the guest's instructions to machine code. With accel=kvm \
              it does not.",
    },
    Runtime {
        programs: &[
            "box64",
            "box86",
            "FEXInterpreter",
            "valgrind",
            "valgrind.bin",
        ],
        libraries: &[],
        what: "a translator of machine code",
        effect: Fails,
        why: "It translates the program's instructions to memory that it writes and executes.",
    },
    Runtime {
        programs: &["sbcl", "ccl", "lx86cl64", "chezscheme", "racket", "julia"],
        libraries: &["libjulia", "libjulia-internal"],
        what: "a runtime that compiles as it runs",
        effect: Fails,
        why: "It keeps compiled code in memory that it writes and executes.",
    },
    Runtime {
        programs: &["guile"],
        libraries: &["libguile"],
        what: "Guile",
        effect: FailsInUse,
        why: "Since version 3 it compiles procedures that run often. GUILE_JIT_THRESHOLD=-1 keeps \
              it from that.",
    },
    Runtime {
        programs: &["ruby"],
        libraries: &["libruby"],
        what: "Ruby",
        effect: FallsBack,
        why: "Only its compilers, --yjit and --rjit, need such memory, and they are off unless \
              they are asked for.",
    },
    Runtime {
        programs: &["php", "php-fpm", "php-cgi", "frankenphp"],
        libraries: &["libphp"],
        what: "PHP",
        effect: FallsBack,
        why: "Its regular expressions are compiled when they can be (pcre.jit), with a warning \
              when not; so are scripts, when opcache.jit_buffer_size= is set.",
    },
    Runtime {
        programs: &["postgres"],
        libraries: &["libLLVM*"],
        what: "the LLVM compiler",
        effect: FailsInUse,
        why: "It compiles queries, shaders or the like when the program asks for it. PostgreSQL \
              does so for costly queries while jit is on.",
    },
    Runtime {
        programs: &[],
        libraries: &[
            "libgccjit",
            "libjit",
            "libtcc",
            "libasmjit",
            "liblightning",
            "libdnnl",
        ],
        what: "a library that makes code",
        effect: FailsInUse,
        why: "Its purpose is to make machine code while the program runs.",
    },
    Runtime {
        programs: &["clamd", "clamscan"],
        libraries: &["libclamav"],
        what: "ClamAV's bytecode",
        effect: FallsBack,
        why: "Its signatures are compiled when they can be, and interpreted when not.",
    },
    Runtime {
        programs: &[],
        libraries: &[
            "libpcre",
            "libpcre16",
            "libpcre32",
            "libpcre2-8*",
            "libpcre2-16*",
            "libpcre2-32*",
        ],
        what: "compiled regular expressions (PCRE)",
        effect: FallsBack,
        why: "Compiling them fails, and most programs then interpret them.",
    },
    Runtime {
        programs: &[],
        libraries: &["libffi"],
        what: "callbacks of libffi",
        effect: FallsBack,
        why: "Since version 3.4 its callbacks need no such memory; older versions try a temporary \
              file in its place.",
    },
    Runtime {
        programs: &[],
        libraries: &["liborc"],
        what: "compiled loops of Orc",
        effect: FallsBack,
        why: "It maps a temporary file twice, or uses plain C code when it may not.",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_to_runtimes() {
        for (kind, name, what) in [
            (Kind::Program, "node", Some("the V8 JavaScript engine")),
            (Kind::Program, "node-exporter", None),
            (Kind::Program, "nodemon", None),
            (Kind::Program, "php-fpm8.2", Some("PHP")),
            (Kind::Program, "java", Some("the Java virtual machine")),
            (Kind::Program, "javac", None),
            (Kind::Program, "luajit-2.1.0-", Some("LuaJIT")),
            (
                Kind::Program,
                "qemu-system-x86_64",
                Some("QEMU's code generator"),
            ),
            (Kind::Program, "qemu-img", None),
            (Kind::Library, "libluajit-5.1.so.2", Some("LuaJIT")),
            (
                Kind::Library,
                "libnode.so.108",
                Some("the V8 JavaScript engine"),
            ),
            (Kind::Library, "libnodelet.so.1", None),
            (
                Kind::Library,
                "libpcre2-8.so.0",
                Some("compiled regular expressions (PCRE)"),
            ),
            (Kind::Library, "libpcre2-posix.so.3", None),
            (Kind::Library, "libruby-3.1.so.3.1", Some("Ruby")),
            (
                Kind::Library,
                "libmozjs-102.so.102",
                Some("the SpiderMonkey JavaScript engine"),
            ),
            (Kind::Library, "libffi.so.8", Some("callbacks of libffi")),
            (Kind::Library, "libjitterentropy.so.3", None),
            (
                Kind::Library,
                "libmonosgen-2.0.so.1",
                Some("the Mono runtime"),
            ),
            (Kind::Library, "libc.so.6", None),
            (Kind::Program, "libffi.so.8", None),
        ] {
            assert_eq!(find(kind, name).map(|runtime| runtime.what), what, "{name}");
        }
    }

    #[test]
    fn every_runtime_has_a_name_and_a_sentence() {
        for runtime in RUNTIMES {
            assert!(!runtime.programs.is_empty() || !runtime.libraries.is_empty());
            assert!(runtime.why.ends_with('.'), "{}", runtime.why);
            assert!(!runtime.what.ends_with('.'), "{}", runtime.what);
        }
    }
}
