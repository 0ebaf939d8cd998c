import Testing
import WaybillCore

/// Locks of Python packages, in the forms that are read here.
@Suite struct LockTests {
    private static let machine = MarkerEnvironment(python: "3.11.2", machine: "x86_64")
    private static let hash = "sha256:" + String(repeating: "ab", count: 32)
    private static let other = "sha256:" + String(repeating: "cd", count: 32)

    private func packages(_ path: String, _ text: String) throws(InvalidInput) -> [LockedPackage]? {
        try LockForm(path: path).packages(Array(text.utf8), for: Self.machine)
    }

    @Test(
        arguments: [
            ("python_version >= '3.9'", true), ("python_version < '3.9'", false), ("python_version == '3.1'", false),
            ("python_full_version >= '3.11.2' and python_full_version < '3.12'", true),
            ("python_full_version == '3.11.*'", true), ("python_version != '3.11.*'", false),
            ("python_version ~= '3.10'", true), ("python_version ~= '3.11.3'", false),
            ("sys_platform == 'win32' or (os_name == \"posix\" and platform_machine == 'x86_64')", true),
            ("sys_platform == 'linux' and sys_platform == 'win32' or os_name == 'posix'", true),
            ("'arm' in platform_machine", false), ("platform_machine not in 'arm64 aarch64'", true),
            ("'gpu' in extras", false), ("extra == 'gpu'", false), ("'3.8' <= python_version", true),
        ])
    func `a marker is judged for one interpreter`(_ marker: String, _ holds: Bool) throws {
        #expect(try MarkerExpression.holds(marker, in: Self.machine) == holds)
    }

    @Test(
        arguments: [
            ("", "something to compare is missing"), ("python_version", "an operator is missing"),
            ("python_version >", "something to compare is missing"), ("(os_name == 'a'", "a parenthesis is not closed"),
            ("moon == 'full'", "'moon' is no variable that is known"), ("os_name == 'a", "a text has no end"),
            ("os_name == 'a' os_name", "more than one expression"), ("os_name & 'a'", "a character that no marker has"),
            ("os_name ~= 'a'", "'~=' does not compare texts"),
        ])
    func `what is no marker is refused`(_ marker: String, _ why: String) {
        #expect(throws: InvalidInput("the marker '\(marker)' cannot be judged: \(why)")) {
            try MarkerExpression.holds(marker, in: Self.machine)
        }
    }

    @Test func `deep markers end`() {
        let deep = String(repeating: "(", count: 1000) + "os_name == 'a'" + String(repeating: ")", count: 1000)
        #expect(throws: InvalidInput.self) { try MarkerExpression.holds(deep, in: Self.machine) }
    }

    @Test func `pylock gives what this interpreter needs`() throws {
        let text = """
            lock-version = "1.0"
            requires-python = ">=3.9"
            created-by = "uv"

            [[packages]]
            name = "six"
            version = "1.16.0"
            index = "https://pypi.org/simple"
            sdist = { url = "https://x/six.tar.gz", upload-time = 2021-05-05T14:18:18Z, hashes = { sha256 = "\(Self.other.dropFirst(7))" } }
            wheels = [
                # The only one.
                { url = "https://x/six.whl", size = 11053, hashes = { sha256 = "\(Self.hash.dropFirst(7))", md5 = "00" } },
            ]

            [[packages]]
            name = "colorama"
            version = "0.4.6"
            marker = "sys_platform == 'win32'"
            """
        #expect(
            try packages("a/pylock.toml", text) == [
                LockedPackage(
                    name: "six", version: "1.16.0", hashes: [Self.hash, Self.other], index: "https://pypi.org/simple")
            ])
    }

    private static let uv = """
        version = 1
        revision = 3
        requires-python = ">=3.11"

        [[package]]
        name = "churn"
        version = "0.1.0"
        source = { virtual = "." }
        dependencies = [
            { name = "Six" },
            { name = "web", extra = ["fast"] },
            { name = "colorama", marker = "sys_platform == 'win32'" },
        ]

        [package.dev-dependencies]
        dev = [{ name = "pytest" }]

        [[package]]
        name = "six"
        version = "1.16.0"
        source = { registry = "https://pypi.org/simple" }
        sdist = { url = "https://x/six.tar.gz", hash = "\(other)", size = 34041 }
        wheels = [{ url = "https://x/six.whl", hash = "\(hash)", size = 11053 }]

        [[package]]
        name = "web"
        version = "2.0"
        source = { registry = "https://pypi.org/simple" }
        wheels = [{ url = "https://x/web.whl", hash = "\(hash)" }]

        [package.optional-dependencies]
        fast = [{ name = "loop" }]
        slow = [{ name = "crawl" }]

        [[package]]
        name = "loop"
        version = "1.0"
        source = { registry = "https://pypi.org/simple" }
        wheels = [{ url = "https://x/loop.whl", hash = "\(hash)" }]

        """

    @Test func `uv's lock is followed from the project`() throws {
        let found = try packages("uv.lock", Self.uv)
        #expect(found?.map(\.name) == ["loop", "six", "web"])
        #expect(found?.first { $0.name == "six" }?.hashes == [Self.hash, Self.other])
    }

    @Test(
        arguments: [
            (
                "uv.lock",
                uv.replacing("source = { registry = \"https://pypi.org/simple\" }", with: "source = { git = \"x\" }"),
                "'loop' comes from its git, not from an index; build a wheel of it, publish that, and lock again; make the lock "
                    + "with 'uv lock'"
            ),
            (
                "uv.lock", uv.replacing("name = \"loop\"", with: "name = \"loop-2\""),
                "web needs 'loop-2', of which 2 are locked"
            ),
            ("uv.lock", "version = 9", "its version is not 1, the one that is read here; make the lock with 'uv lock'"),
            (
                "uv.lock", uv.replacing(">=3.11", with: ">=3.12"),
                "the lock is for Python >=3.12, and this is 3.11.2; make the lock with 'uv lock'"
            ),
            (
                "pylock.toml", "lock-version = \"1.0\"\n[[packages]]\nname = \"a\"\nversion = \"1\"",
                "a has no hashes, so its bytes are not locked"
            ),
            (
                "pylock.toml", "lock-version = \"1.0\"\n[[packages]]\nname = \"a\"\nvcs = { url = \"x\" }",
                "'a' comes from its vcs, not from an index; build a wheel of it, publish that, and lock again; make the lock "
                    + "with 'uv export --format pylock.toml'"
            ),
            (
                "pylock.toml", "lock-version = \"2.0\"",
                "its lock-version is '2.0', and 1.x is read here; make the lock with 'uv export --format pylock.toml'"
            ),
        ])
    func `what is not locked is refused with the command that locks it`(
        _ path: String, _ text: String, _ message: String
    ) {
        let refusal = #expect(throws: InvalidInput.self) { try packages(path, text) }
        #expect(
            refusal?.message.hasPrefix(message.prefix(25)) == true || refusal?.message == message, "\(refusal as Any)")
    }

    @Test(arguments: ["pyproject.toml", "requirements.in", "poetry.lock"])
    func `a list of wishes is no lock`(_ path: String) {
        let refusal = #expect(throws: InvalidInput.self) { try LockForm(path: path) }
        #expect(refusal?.message.contains("'") == true)
    }
}
