//! Which tools are here.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use handoff_adapters::{Here, Scope, Sign};
use handoff_agents::HOSTS;
use handoff_process::Environment;

use crate::support::World;

#[test]
fn nothing_is_found_where_nothing_is() {
    let world = World::new();
    for tool in HOSTS {
        assert!(!world.status(tool.id).is_found(), "{}", tool.id);
    }
}

#[test]
fn a_tool_is_found_by_its_directory_its_program_or_the_project() {
    let world = World::new();
    for tool in HOSTS {
        for name in tool.signs.home {
            let name = name.replace('*', "-1.2.3");
            std::fs::create_dir_all(world.home(&name)).unwrap();
            assert!(
                world.status(tool.id).signs.contains(&Sign::Home(world.home(&name))),
                "{} {name}",
                tool.id
            );
        }
        for name in tool.signs.programs {
            let path = world.here.path[0].join(name);
            world.write(&path, "");
            let sign = Sign::Program(path.clone());
            assert!(!world.status(tool.id).signs.contains(&sign), "{name} cannot be run");
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
            assert!(world.status(tool.id).signs.contains(&sign), "{name}");
        }
        for name in tool.signs.project {
            let path = world.project(name);
            if !path.exists() {
                world.write(&path, "");
            }
            assert!(world.status(tool.id).signs.contains(&Sign::Project(path)), "{name}");
        }
    }
}

#[test]
fn what_we_made_is_no_sign_but_what_a_user_makes_there_is() {
    let world = World::new();
    world.enable(&[], Scope::Project);
    for tool in HOSTS {
        assert_eq!(world.status(tool.id).signs, [], "{}", tool.id);
    }
    world.write(&world.project(".cursorrules"), "");
    assert!(world.status("cursor").is_found());
}

#[test]
fn directories_are_where_the_environment_says() {
    let environment =
        Environment { home: Some("/home/me".into()), path: Some("/a:/b".into()), ..Environment::default() };
    let here = Here::new(&environment, "/p".as_ref(), "/bin/handover".as_ref());
    for host in HOSTS {
        let directory = host.directory.map(|known| Path::new("/home/me").join(known.below_home));
        assert_eq!(here.directories.get(host.id), directory.as_ref(), "{}", host.id);
    }
    assert_eq!(here.directories["claude"], Path::new("/home/me/.claude"));
    assert_eq!(here.path, ["/a", "/b"].map(std::path::PathBuf::from));
}
