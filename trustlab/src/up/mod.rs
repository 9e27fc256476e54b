//! `trustlab up`: the lab on sockets, until Ctrl-C.

mod announce;
mod describe;
mod desk;
pub(crate) mod estate;
pub(crate) mod files;
mod internet;
pub(crate) mod live;
mod on_prem;
mod published;
mod resources;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use client_sim::config::CloudAddresses;
use scenarios::lab::{CompiledLab, Lab, Profile};

use crate::cli::{DcProfile, UpArgs};
use crate::desk::{control, last};
use crate::exit;
use crate::output::stdout;
use crate::sockets::network::system_now;
use crate::sockets::tls::LabTls;
use describe::Described;
use estate::Estate;
use files::LabDir;
use on_prem::{OnPrem, OnPremError};

/// Runs the lab. Returns the exit code.
pub(crate) fn run(args: &UpArgs) -> u8 {
    match prepare(args).and_then(|prepared| serve(args, prepared)) {
        Ok(()) => exit::OK,
        Err(failure) => {
            let _ = writeln!(io::stderr(), "error: {failure}");
            failure.code()
        }
    }
}

/// Why the lab does not run.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// The lab file, or an option, is at fault.
    #[error("{0}")]
    Input(String),
    /// What was said of a domain of the user's own is.
    #[error(transparent)]
    OnPrem(#[from] OnPremError),
    /// The machine is.
    #[error("{0}")]
    Environment(#[from] io::Error),
}

impl Failure {
    const fn code(&self) -> u8 {
        match self {
            Self::Input(_) | Self::OnPrem(_) => exit::BAD_INPUT,
            Self::Environment(_) => exit::ENVIRONMENT,
        }
    }
}

/// What is served, and where its files go.
struct Prepared {
    dir: LabDir,
    compiled: CompiledLab,
    on_prem: Option<OnPrem>,
}

fn prepare(args: &UpArgs) -> Result<Prepared, Failure> {
    let on_prem = OnPrem::of(args)?;
    let mut lab = match &on_prem {
        Some(on_prem) => on_prem.lab()?,
        None => read_lab(args.lab.as_deref())?,
    };
    for dc in lab.dcs.values_mut() {
        match args.profile {
            Some(DcProfile::Windows) => dc.profile = Profile::Windows,
            Some(DcProfile::Samba) => dc.profile = Profile::Samba,
            None => {}
        }
        if let Some(updates) = &args.updates {
            updates
                .parse::<kdc_sim::UpdateLevel>()
                .map_err(|error| Failure::Input(format!("--updates: {error}")))?;
            dc.updates.clone_from(updates);
        }
    }
    let dir = LabDir::open(&args.dir.clone().unwrap_or_else(default_dir))?;
    lab.seed = dir.secret()?;
    lab.clock = system_now();
    let compiled = CompiledLab::compile(lab).map_err(|error| Failure::Input(error.to_string()))?;
    Ok(Prepared {
        dir,
        compiled,
        on_prem,
    })
}

/// A lab of the library by name, or a file.
fn read_lab(lab: Option<&Path>) -> Result<Lab, Failure> {
    let name = lab.map_or_else(|| "fernhill".into(), Path::to_string_lossy);
    crate::lab::read(&name).map_err(|problem| Failure::Input(problem.to_string()))
}

fn default_dir() -> PathBuf {
    std::env::temp_dir().join(format!("trustlab-{}", std::process::id()))
}

fn serve(args: &UpArgs, prepared: Prepared) -> Result<(), Failure> {
    let Prepared {
        dir,
        compiled,
        on_prem,
    } = prepared;
    match &on_prem {
        Some(on_prem) if args.json => {
            let _ = io::stderr().write_all(on_prem.plan().as_bytes());
        }
        Some(on_prem) => stdout::print(&on_prem.plan()),
        None => {}
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let names = CloudAddresses::default();
        let tls = match args.kdc_only {
            true => None,
            false => Some(
                LabTls::for_names(&estate::certificate_names(compiled.lab(), &names))
                    .map_err(|error| io::Error::other(error.to_string()))?,
            ),
        };
        let compiled = Arc::new(compiled);
        let estate = Estate::start(compiled, on_prem, args.ports, tls.as_ref(), names).await?;
        let estate = Arc::new(estate);
        #[cfg(unix)]
        desk::serve(
            dir.path(),
            Arc::clone(&estate),
            tls.as_ref().map(|tls| Arc::clone(&tls.client)),
        )?;
        dir.write_all(&estate, tls.as_ref().map(|tls| tls.ca_pem.as_str()), system_now())?;
        remember(dir.path());
        if args.json {
            let line =
                serde_json::to_string(&Described::of(&estate, dir.path())).map_err(io::Error::other)?;
            stdout::print(&format!("{line}\n"));
        } else {
            stdout::print(&announce::text(&estate, dir.path()));
        }
        // who waits for a line that was lost waits in vain
        if !stdout::has_failed() {
            wait(args.for_seconds).await;
        }
        // what is gone should not look as if it ran
        let _ = std::fs::remove_file(dir.path().join("env.sh"));
        let _ = std::fs::remove_file(control::socket_path(dir.path()));
        Ok(())
    })
}

/// Until Ctrl-C or a request to end, or until the time is over.
async fn wait(seconds: Option<u64>) {
    let time = async {
        match seconds {
            Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = time => {}
        _ = tokio::signal::ctrl_c() => {}
        () = terminated() => {}
    }
}

#[cfg(unix)]
async fn terminated() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut signal) => {
            signal.recv().await;
        }
        Err(_) => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn terminated() {
    std::future::pending().await
}

/// `trustlab at` without `--lab` goes to the lab that was started last.
fn remember(dir: &Path) {
    if let Err(error) = last::remember(dir) {
        tracing::warn!(%error, "the lab's directory is not remembered; trustlab at needs --lab");
    }
}
