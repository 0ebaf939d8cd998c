import Testing
import WaybillCore

@Suite struct `Requirements locks` {
    private static let hash = "--hash=sha256:" + String(repeating: "0a", count: 32)
    private static let command =
        "uv pip compile --universal --generate-hashes --python-version 3.11 --output-file locks/a.txt locks/a.txt"

    /// As a controller says it.
    private func failure(_ text: String, path: String = "locks/a.txt") -> Failure? {
        let lock = RequirementsLock(reading: text)
        return lock.allProblems.first.map { lock.failure($0, path: path, python: "3.11") }
    }

    @Test func `what uv and pip-compile write is read`() {
        let text = """
            #
            # made by pip-compile
            --index-url https://mirror.example/simple
            --extra-index-url=https://other.example/simple
            # waybill:omit XGBoost, nvidia_nccl.cu12

            Six==1.16.0 \(Self.hash)  # via something
            zope.interface==8.7 \\
                \(Self.hash) \\
                --hash=sha512:\(String(repeating: "0", count: 128))
                # via six
            uvicorn[standard]==0.54.0 ; python_version >= "3.9" \(Self.hash)
            torch == 2.1.0+cpu --hash=sha384:\(String(repeating: "0", count: 96))
            colorama==0.4.6 ; sys_platform == 'win32' \\
                \(Self.hash)
            --no-binary six
            --only-binary :all:
            --prefer-binary
            --require-hashes
            """
        let lock = RequirementsLock(reading: text)
        #expect(lock.allProblems == [])
        #expect(lock.packages == ["six", "zope-interface", "uvicorn", "torch", "colorama"])
        #expect(lock.omitted == ["xgboost", "nvidia-nccl-cu12"])
        #expect(lock.text == text)
        #expect(RequirementsLock(reading: "# nothing\n").allProblems == [])
    }

    @Test func `a comment does not swallow the line after it`() {
        #expect(failure("# a comment \\\nrequests\n")?.message.hasPrefix("locks/a.txt:2: 'requests' has no") == true)
        let lock = RequirementsLock(
            reading: "six==1.16.0 \(Self.hash) \\\n  # why \\\nattrs==26.1.0 \(Self.hash)\n")
        #expect(lock.allProblems == [] && lock.packages == ["six", "attrs"])
    }

    @Test func `line ends of Windows are line ends`() {
        let lock = RequirementsLock(reading: "six==1.16.0 \(Self.hash)\r\nattrs==26.1.0 \\\r\n  \(Self.hash)\r\n")
        #expect(lock.allProblems == [] && lock.packages == ["six", "attrs"])
    }

    @Test(arguments: [
        ("requests", "'requests' has no exact version"),
        ("requests>=2.0", "'requests>=2.0' has no exact version"),
        ("requests~=2.0", "'requests~=2.0' has no exact version"),
        ("requests==2.*", "'requests==2.*' has no exact version"),
        ("requests==2.0,<3", "'requests==2.0,<3' has no exact version"),
        ("requests===2.0", "'requests===2.0' has no exact version"),
        ("requests ; python_version < '3'", "'requests ; python_version < '3'' has no exact version"),
        ("six==1.16.0 --install-option=x", "'six==1.16.0' is followed by more than hashes"),
        ("six==1.16.0 --hash=md5:00", "'md5:00' is no SHA-256, -384 or -512"),
        ("six==1.16.0 --hash=sha256:00", "'sha256:00' is no SHA-256, -384 or -512"),
        ("six==1.16.0 --hash=sha256", "'sha256' is no SHA-256, -384 or -512"),
        ("-r other.txt", "'-r' is not allowed in a lock"),
        ("-c other.txt", "'-c' is not allowed in a lock"),
        ("--find-links=/tmp", "'--find-links' is not allowed in a lock"),
        ("--trusted-host h", "'--trusted-host' is not allowed in a lock"),
        ("# hidden\u{2028}requests", "'# hidden\u{2028}requests' has a character that cannot be seen"),
        ("# hidden\u{0c}requests", "'# hidden\\u{c}requests' has a character that cannot be seen"),
        ("six==1.16.0 \\", "the last line ends in '\\'"),
        ("six==1.16.0", "'six==1.16.0' has no hashes, so its bytes are not locked"),
        (
            "six==1.16.0\nattrs==26.1.0\nidna==3.20",
            "'six==1.16.0' and 2 more have no hashes, so their bytes are not locked"
        ),
    ])
    func `a line that is not locked is refused with the command that locks`(_ line: String, _ problem: String) {
        let failure = failure("# a comment\n\(line)")
        #expect(failure?.disposition == .stall)
        #expect(failure?.reason == "LockInvalid")
        #expect(failure?.message == "locks/a.txt:2: \(problem); lock it with '\(Self.command)'")
    }

    @Test(arguments: [
        "six @ https://example.org/six.whl", "six @ git+https://example.org/six.git@v1", "https://example.org/a==1.whl",
        "git+ssh://git@example.org/a.git#egg=a", "./local", "../a==1", "-e .", "--editable=.",
    ])
    func `what comes from no index cannot be locked by a command`(_ line: String) {
        #expect(
            failure(line)?.message
                == "locks/a.txt:1: '\(line)' comes from no index; build a wheel of it, publish that on an index of your own, and "
                + "lock its name")
    }

    @Test func `an index keeps no credentials in a lock`() {
        #expect(
            failure("--index-url https://user:secret@mirror.example/simple")?.message
                == "locks/a.txt:1: --index-url holds credentials; keep them in the pip.conf of the controller's user")
    }

    @Test func `the command leaves out what is left out, and quotes what a shell would split`() {
        #expect(
            failure("# waybill:omit b, A_c\nsix", path: "my locks/a.txt")?.message
                == "my locks/a.txt:2: 'six' has no exact version; lock it with 'uv pip compile --universal --generate-hashes "
                + "--python-version 3.11 --no-emit-package a-c --no-emit-package b --output-file 'my locks/a.txt' "
                + "'my locks/a.txt'', and write its 'waybill:omit' comments again")
    }

    @Test func `every line is judged, and each problem knows its bytes`() {
        let text = "# é\nsix==1.16.0\r\n\u{1F40D}\nidna==3.20 \\\n  --hash=md5:0\nattrs==26.1.0\n"
        let problems = RequirementsLock(reading: text).allProblems
        #expect(problems.map(\.line) == [2, 3, 4])
        #expect(
            problems.map { String(decoding: Array(text.utf8)[$0.offset..<$0.offset + $0.length], as: UTF8.self) }
                == ["six==1.16.0", "\u{1F40D}", "idna==3.20 \\"])
        let many = RequirementsLock(reading: String(repeating: "six\n", count: 5000))
        #expect(many.problems.count == 100)
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
