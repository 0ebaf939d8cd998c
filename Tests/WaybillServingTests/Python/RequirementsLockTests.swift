import Testing
import WaybillCore

@testable import WaybillServing

@Suite struct `Requirements locks` {
    @Test func `what pip freeze and pip-compile write is read`() throws {
        let text = """
            #
            # made by pip-compile
            --index-url https://mirror.example/simple
            # waybill:omit XGBoost, nvidia_nccl.cu12

            Six==1.16.0            # via something
            zope.interface==8.7 \\
                --hash=sha256:00 \\
                --hash=sha256:11
            uvicorn[standard]==0.54.0 ; python_version >= "3.9"
            torch == 2.1.0+cpu
            --no-binary six
            """
        let lock = try RequirementsLock(parsing: text, path: "locks/a.txt")
        #expect(lock.packages == ["six", "zope-interface", "uvicorn", "torch"])
        #expect(lock.omitted == ["xgboost", "nvidia-nccl-cu12"])
    }

    @Test func `a comment does not swallow the line after it`() throws {
        #expect(throws: Failure.self) { _ = try RequirementsLock(parsing: "# a comment \\\nrequests\n", path: "l") }
        let lock = try RequirementsLock(parsing: "six==1.16.0 \\\n  # why \\\nattrs==26.1.0\n", path: "l")
        #expect(lock.packages == ["six", "attrs"])
    }

    @Test func `line ends of Windows are line ends`() throws {
        #expect(
            try RequirementsLock(parsing: "six==1.16.0\r\nattrs==26.1.0\r\n", path: "l").packages == ["six", "attrs"])
    }

    @Test(arguments: [
        ("requests", "'requests' has no exact version"),
        ("requests>=2.0", "'requests>=2.0' has no exact version"),
        ("requests~=2.0", "'requests~=2.0' has no exact version"),
        ("requests==2.*", "'requests==2.*' has no exact version"),
        ("requests==2.0,<3", "'requests==2.0,<3' has no exact version"),
        ("requests===2.0", "'requests===2.0' has no exact version"),
        ("six @ https://example.org/six.whl", "'six @ https://example.org/six.whl' has no exact version"),
        ("https://example.org/a==1.whl", "'https://example.org/a==1.whl' has no exact version"),
        ("./local", "'./local' has no exact version"),
        ("six==1.16.0 --install-option=x", "'six==1.16.0' is followed by more than hashes"),
        ("-r other.txt", "'-r' is not allowed in a lock; write each package as name==version"),
        ("-e .", "'-e' is not allowed in a lock; write each package as name==version"),
        ("--find-links=/tmp", "'--find-links' is not allowed in a lock; write each package as name==version"),
        ("--trusted-host h", "'--trusted-host' is not allowed in a lock; write each package as name==version"),
        (
            "--index-url https://user:secret@mirror.example/simple",
            "--index-url holds credentials; keep them in the pip.conf of the controller's user"
        ),
        ("# hidden\u{2028}requests", "'# hidden\u{2028}requests' has a character that cannot be seen"),
        ("# hidden\u{0c}requests", "'# hidden\\u{c}requests' has a character that cannot be seen"),
        ("six==1.16.0 \\", "the last line ends in '\\'"),
    ])
    func `a line that is not locked is refused with the command that locks`(_ line: String, _ problem: String) {
        let failure = #expect(throws: Failure.self) {
            _ = try RequirementsLock(parsing: "# a comment\n\(line)", path: "locks/a.txt")
        }
        #expect(failure?.disposition == .stall)
        #expect(failure?.reason == "LockInvalid")
        #expect(
            failure?.message
                == "locks/a.txt:2: \(problem); make a lock with 'pip-compile --output-file=locks/a.txt requirements.in', "
                + "or with 'pip freeze > locks/a.txt' in an environment that works")
    }

    @Test(arguments: [
        ("Looking in indexes: https://me:s3cret@host/simple", "Looking in indexes: https://…@host/simple"),
        ("a https://tok@h/x b http://u:p@w@h2/y", "a https://…@h/x b http://…@h2/y"),
        ("no secrets: https://host/a@b", "no secrets: https://host/a@b"),
        ("://", "://"),
    ])
    func `user names and passwords of URLs are hidden`(_ line: String, _ shown: String) {
        #expect(Redaction.redacted(line) == shown)
    }
}
