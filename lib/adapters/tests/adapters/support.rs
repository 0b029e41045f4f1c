//! A project and a user's directory.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use handoff_adapters::{
    AdapterError, Here, Manifest, Plan, Scope, Surface, ToolStatus, disable, enable, status,
};
use handoff_agents::{HOSTS, Host};

/// What is at a path: a file's bytes, a link's target, or None for a directory.
pub(crate) type Tree = BTreeMap<PathBuf, Option<Vec<u8>>>;

pub(crate) struct World {
    pub(crate) root: tempfile::TempDir,
    pub(crate) here: Here,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::called("project", "/opt/bin/handover")
    }

    pub(crate) fn called(project: &str, program: &str) -> Self {
        let root = tempfile::tempdir().unwrap();
        let real = root.path().canonicalize().unwrap();
        let (home, project) = (real.join("home"), real.join(project));
        std::fs::create_dir(&home).unwrap();
        std::fs::create_dir(&project).unwrap();
        let here = Here {
            directories: [("claude", home.join(".claude")), ("codex", home.join(".codex"))].into(),
            home: Some(home),
            path: vec![real.join("bin")],
            project,
            program: program.into(),
            git: None,
            worktrees: Vec::new(),
        };
        Self { root, here }
    }

    pub(crate) fn project(&self, name: &str) -> PathBuf {
        self.here.project.join(name)
    }

    pub(crate) fn home(&self, name: &str) -> PathBuf {
        self.here.home.as_ref().unwrap().join(name)
    }

    pub(crate) fn write(&self, path: &Path, text: impl AsRef<[u8]>) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.project(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub(crate) fn record(&self, scope: Scope) -> PathBuf {
        match scope {
            Scope::Project => self.project(".handover/wiring.json"),
            Scope::User => self.home(".local/state/handover/wiring.json"),
        }
    }

    pub(crate) fn manifest(&self, scope: Scope) -> Manifest {
        Manifest::load(&self.record(scope), scope).unwrap()
    }

    pub(crate) fn plan_enable(&self, ids: &[&str], scope: Scope) -> Result<Plan, AdapterError> {
        enable(&self.here, &tools(ids), &Surface::ALL, self.manifest(scope))
    }

    pub(crate) fn enable(&self, ids: &[&str], scope: Scope) {
        self.plan_enable(ids, scope).unwrap().carry_out().unwrap();
    }

    pub(crate) fn plan_disable(&self, ids: &[&str], scope: Scope) -> Result<Plan, AdapterError> {
        disable(&self.here, &tools(ids), self.manifest(scope))
    }

    pub(crate) fn disable(&self, ids: &[&str], scope: Scope) {
        self.plan_disable(ids, scope).unwrap().carry_out().unwrap();
    }

    pub(crate) fn status(&self, id: &str) -> ToolStatus {
        let manifests = [self.manifest(Scope::Project), self.manifest(Scope::User)];
        status(&self.here, tools(&[id])[0], &[&manifests[0], &manifests[1]])
    }

    /// Everything below the root but the directories that the records are kept in.
    pub(crate) fn tree(&self) -> Tree {
        let mut tree = Tree::new();
        let root = self.root.path().canonicalize().unwrap();
        let records = [Scope::Project, Scope::User].map(|scope| self.record(scope));
        walk(&root, &mut tree);
        tree.retain(|path, content| {
            let leads_there = content.is_none() && records.iter().any(|record| record.starts_with(path));
            !leads_there || path.join("..").canonicalize().unwrap() == root
        });
        tree
    }
}

/// All of them for no name.
pub(crate) fn tools(ids: &[&str]) -> Vec<&'static Host> {
    match ids {
        [] => HOSTS.to_vec(),
        ids => ids.iter().map(|id| Host::named(id).unwrap()).collect(),
    }
}

fn walk(directory: &Path, tree: &mut Tree) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        let (path, kind) = (entry.path(), entry.file_type().unwrap());
        let content = if kind.is_symlink() {
            Some(std::fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes())
        } else if kind.is_dir() {
            walk(&path, tree);
            None
        } else {
            Some(std::fs::read(&path).unwrap())
        };
        tree.insert(path, content);
    }
}
