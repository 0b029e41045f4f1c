use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn open(path: &Path) -> Result<Dir, Box<dyn std::error::Error>> {
    Ok(Dir::open(path)?.ok_or("missing")?)
}

#[test]
fn a_file_appears_whole_under_its_name_or_not_at_all() -> Outcome {
    let place = tempfile::tempdir()?;
    let dir = open(place.path())?;
    let mut temporary = dir.temporary(&[b"one ", b"two"])?;
    assert!(!place.path().join("x.md").exists());
    assert!(temporary.publish("x.md")?);
    drop(temporary);
    assert_eq!(fs::read(place.path().join("x.md"))?, b"one two");
    assert_eq!(fs::metadata(place.path().join("x.md"))?.permissions().mode() & 0o777, 0o600);
    assert_eq!(dir.entries()?.len(), 1);
    Ok(())
}

#[test]
fn nothing_is_ever_replaced() -> Outcome {
    let place = tempfile::tempdir()?;
    let dir = open(place.path())?;
    fs::write(place.path().join("file"), "old")?;
    fs::create_dir(place.path().join("dir"))?;
    symlink("nowhere", place.path().join("link"))?;
    for name in ["file", "dir", "link"] {
        assert!(!dir.temporary(&[b"new"])?.publish(name)?, "{name}");
    }
    assert_eq!(fs::read(place.path().join("file"))?, b"old");
    assert_eq!(dir.entries()?.len(), 3);
    Ok(())
}

#[test]
fn links_and_pipes_are_not_opened() -> Outcome {
    let place = tempfile::tempdir()?;
    let dir = open(place.path())?;
    fs::create_dir(place.path().join("dir"))?;
    fs::write(place.path().join("file"), "x")?;
    symlink("dir", place.path().join("to-dir"))?;
    symlink("file", place.path().join("to-file"))?;
    assert!(std::process::Command::new("mkfifo").arg(place.path().join("pipe")).status()?.success());
    assert_eq!(dir.child("to-dir").map(drop).map_err(|e| e.kind()), Err(std::io::ErrorKind::NotADirectory));
    assert!(
        dir.open_file("to-file").is_err() && dir.open_file("pipe").is_err() && dir.open_file("dir").is_err()
    );
    assert!(dir.append("to-file", b"more").is_err());
    assert_eq!(open_regular(&place.path().join("to-file"))?.size(), 1);
    for name in ["pipe", "dir"] {
        let refused = open_regular(&place.path().join(name)).map(drop).map_err(|e| e.kind());
        assert_eq!(refused, Err(std::io::ErrorKind::InvalidInput), "{name}");
    }
    for (name, what) in [("pipe", "a named pipe"), ("dir", "a directory")] {
        let refused = Foreign::read(&place.path().join(name), 10).map(drop).map_err(|e| e.to_string());
        let shown = place.path().join(name).display().to_string();
        assert_eq!(refused, Err(format!("could not read {shown}: it is {what}, not a file")));
    }
    assert_eq!(fs::read(place.path().join("file"))?, b"x");
    Ok(())
}

/// Asks for a lock that was just given up, until another test that starts a program has lost its copy of the open file.
fn freed(file: &OpenFile) -> Result<Lock, FileError> {
    for _ in 0..1000 {
        if file.lock()? != Lock::Busy {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    file.lock()
}

#[test]
fn a_lock_ends_with_its_holder() -> Outcome {
    let place = tempfile::tempdir()?;
    let dir = open(place.path())?;
    fs::write(place.path().join("file"), "x")?;
    let (first, second) = (dir.open_file("file")?, dir.open_file("file")?);
    assert_eq!((first.lock()?, second.lock()?), (Lock::Taken, Lock::Busy));
    drop(first);
    assert_eq!(freed(&second)?, Lock::Taken);
    Ok(())
}

#[test]
fn a_replaced_file_is_still_locked() -> Outcome {
    let place = tempfile::tempdir()?;
    let dir = open(place.path())?;
    fs::write(place.path().join("file"), "old")?;
    let held = dir.temporary(&[b"new"])?.replace("file")?;
    assert_eq!(dir.open_file("file")?.lock()?, Lock::Busy);
    drop(held);
    assert_eq!(freed(&dir.open_file("file")?)?, Lock::Taken);
    assert_eq!(fs::read(place.path().join("file"))?, b"new");
    Ok(())
}

#[test]
fn an_error_says_what_where_and_why() {
    let error = read_named(Path::new("/nowhere/x"), 1).map(drop).map_err(|e| e.to_string());
    assert_eq!(error, Err("could not read /nowhere/x: no such file or directory".to_owned()));
}

#[test]
fn a_path_is_canonical_as_far_as_it_exists() -> Outcome {
    let place = tempfile::tempdir()?;
    let real = place.path().canonicalize()?.join("real");
    fs::create_dir(&real)?;
    symlink(&real, place.path().join("link"))?;
    assert_eq!(canonical(&place.path().join("link/a/b")), real.join("a/b"));
    Ok(())
}

#[test]
fn a_new_file_is_made_by_one_and_kept_from_others() -> Outcome {
    let place = tempfile::tempdir()?;
    let dir = open(place.path())?;
    let mode = |path: &Path| fs::metadata(path).map(|found| found.permissions().mode() & 0o777);
    let file = dir.create_new("x")?.ok_or("taken")?;
    assert!(dir.create_new("x")?.is_none());
    assert_eq!(mode(&place.path().join("x"))?, 0o600);
    std::io::Write::write_all(&mut file.into_file(), b"line\n")?;
    assert_eq!(fs::read(place.path().join("x"))?, b"line\n");
    fs::set_permissions(place.path().join("x"), fs::Permissions::from_mode(0o464))?;
    dir.restrict_file("x")?;
    dir.restrict_file("y")?;
    assert_eq!(mode(&place.path().join("x"))?, 0o400);
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o755))?;
    dir.restrict()?;
    assert_eq!(mode(place.path())?, 0o700);
    Ok(())
}

#[test]
fn a_part_of_a_file_is_read_from_where_it_is_asked_for() -> Outcome {
    let place = tempfile::tempdir()?;
    fs::write(place.path().join("x"), "0123456789")?;
    let file = open_regular(&place.path().join("x"))?;
    assert_eq!(file.read_at(7, 100)?, b"789");
    assert_eq!(file.read_at(2, 3)?, b"234");
    assert_eq!(file.read_at(20, 3)?, b"");
    Ok(())
}

#[test]
fn two_paths_of_one_file_have_one_place() -> Outcome {
    let dir = tempfile::tempdir()?;
    let real = dir.path().canonicalize()?;
    fs::create_dir(real.join("sub"))?;
    symlink("../file", real.join("sub/link"))?;
    symlink("sub", real.join("short"))?;
    let place = |name: &str| Foreign::read(&real.join(name), 10).map(|file| file.place());
    for name in ["file", "sub/link", "short/link", "sub/../file"] {
        assert_eq!(place(name)?, real.join("file"), "nothing is there yet: {name}");
    }
    fs::write(real.join("file"), "x")?;
    assert_eq!(place("short/link")?, real.join("file"));
    Ok(())
}

#[test]
fn a_socket_tells_its_owner_and_anything_else_is_none() -> Outcome {
    let place = tempfile::tempdir()?;
    let path = place.path().join("sock");
    assert_eq!(socket_access(&path)?, None);
    let _listener = std::os::unix::net::UnixListener::bind(&path)?;
    assert!(socket_access(&path)?.is_some_and(Access::is_ours));
    fs::write(place.path().join("file"), "x")?;
    assert_eq!(socket_access(&place.path().join("file/x"))?, None);
    let refused = socket_access(&place.path().join("file")).map_err(|e| e.kind());
    assert_eq!(refused, Err(std::io::ErrorKind::InvalidInput));
    Ok(())
}

#[test]
fn only_an_empty_directory_is_removed() -> Outcome {
    let place = tempfile::tempdir()?;
    let path = place.path().join("a");
    assert!(remove_empty_directory(&path)?);
    fs::create_dir(&path)?;
    fs::write(path.join(format!("{}1", foreign::TEMPORARY)), "left behind")?;
    fs::write(path.join("x"), "")?;
    assert!(!remove_empty_directory(&path)?);
    fs::remove_file(path.join("x"))?;
    assert!(remove_empty_directory(&path)?);
    assert!(!path.exists());
    Ok(())
}

#[test]
fn a_link_takes_the_place_of_a_link_and_of_nothing_else() -> Outcome {
    let place = tempfile::tempdir()?;
    let path = place.path().join("link");
    for target in ["one", "two"] {
        put_link(&path, Path::new(target))?;
        assert_eq!(link_target(&path).ok_or("no link")?, Path::new(target));
    }
    let file = place.path().join("file");
    fs::write(&file, "theirs")?;
    assert_eq!(
        put_link(&file, Path::new("one")).map_err(|e| e.kind()),
        Err(std::io::ErrorKind::AlreadyExists)
    );
    assert_eq!(fs::read(&file)?, b"theirs");
    assert_eq!(fs::read_dir(place.path())?.count(), 2);
    Ok(())
}

#[test]
fn a_change_of_content_or_mode_since_it_was_read_stays() -> Outcome {
    let place = tempfile::tempdir()?;
    let path = place.path().join("settings.json");
    type Edit = fn(&Path) -> std::io::Result<()>;
    let edits: [Edit; 3] = [
        |path| fs::write(path, "theirs"),
        |path| fs::set_permissions(path, fs::Permissions::from_mode(0o640)),
        |path| fs::remove_file(path),
    ];
    for edit in edits {
        fs::write(&path, "old")?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644))?;
        let file = Foreign::read(&path, 100)?;
        edit(&path)?;
        let look =
            || fs::read(&path).ok().zip(fs::metadata(&path).map(|found| found.permissions().mode()).ok());
        let theirs = look();
        for refused in [file.replace(b"new"), file.remove()] {
            let error = refused.err().ok_or("done")?;
            assert_eq!(error.kind(), std::io::ErrorKind::ResourceBusy);
            assert!(error.to_string().contains("settings.json: another program changed it"), "{error}");
        }
        assert_eq!(look(), theirs);
        assert!(fs::read_dir(place.path())?.count() <= 1);
    }
    Ok(())
}

#[test]
fn a_file_with_several_names_keeps_them() -> Outcome {
    use std::os::unix::fs::MetadataExt;
    let place = tempfile::tempdir()?;
    let (path, other) = (place.path().join("settings.json"), place.path().join("dotfile"));
    fs::write(&path, "old")?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640))?;
    fs::hard_link(&path, &other)?;
    for new in ["longer than before", "new", ""] {
        let file = Foreign::read(&path, 100)?;
        file.check_writable()?;
        file.replace(new.as_bytes())?;
        let (one, two) = (fs::metadata(&path)?, fs::metadata(&other)?);
        assert_eq!((one.ino(), one.nlink()), (two.ino(), 2));
        assert_eq!(one.permissions().mode() & 0o777, 0o640);
        assert_eq!(fs::read_to_string(&other)?, new);
        assert_eq!(fs::read_dir(place.path())?.count(), 2, "nothing is left beside it");
    }
    // To be rid of a name is not to change the file.
    fs::write(&path, "theirs")?;
    Foreign::read(&path, 100)?.remove()?;
    assert_eq!(fs::read_to_string(&other)?, "theirs");
    assert!(!path.exists());
    Ok(())
}

#[test]
fn a_file_that_got_another_name_since_it_was_read_stays() -> Outcome {
    let place = tempfile::tempdir()?;
    let path = place.path().join("settings.json");
    fs::write(&path, "old")?;
    let file = Foreign::read(&path, 100)?;
    fs::hard_link(&path, place.path().join("dotfile"))?;
    let refused = file.replace(b"new").map_err(|error| error.kind());
    assert_eq!(refused, Err(std::io::ErrorKind::ResourceBusy));
    assert_eq!(fs::read(&path)?, b"old");
    Ok(())
}

#[test]
fn of_a_file_of_ours_other_names_stay_as_they_are() -> Outcome {
    let place = tempfile::tempdir()?;
    let (path, copy) = (place.path().join("program"), place.path().join("backup"));
    fs::write(&path, "old")?;
    fs::hard_link(&path, &copy)?;
    Foreign::read(&path, 100)?.put(b"new", 0o755, false)?;
    assert_eq!((fs::read(&path)?, fs::read(&copy)?), (b"new".to_vec(), b"old".to_vec()));
    Ok(())
}
