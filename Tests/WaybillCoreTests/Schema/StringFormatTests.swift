import Testing
import WaybillCore

@Suite struct StringFormatTests {
    @Test(
        arguments: [
            (StringFormat.relativePath, "model.joblib"), (.relativePath, "a/b-c/d_e.txt"), (.relativePath, "a/.hidden"),
            (.relativePath, "模型/weights.bin"), (.artifactSource, "file:/srv/models/a.bin"),
            (.artifactSource, "models/churn/1.4.0/model.joblib"), (.absolutePath, "/run/secrets/token"),
            (.environmentName, "OMP_NUM_THREADS"), (.environmentName, "_a1"), (.python, "3.11"), (.cpu, "2"),
            (.memory, "512Mi"), (.urlPath, "/v2/health/ready?x=1"), (.portName, "grpc"),
            (.modelFormat, "sklearn-joblib"),
            (.urlTemplate, "/v2/models/{{ deployment.name }}/ready"), (.labelKey, "example.org/team"),
            (.version, "1.4.0-rc.1+build.5"), (.version, "10.20.30"), (.name, "churn-2"), (.template, ""),
        ])
    func `sound text is taken`(_ format: StringFormat, _ text: String) {
        #expect(format.problem(in: text) == nil)
    }

    @Test(
        arguments: [
            (StringFormat.relativePath, "", "a path must not be empty"),
            (
                .relativePath, "/etc/passwd",
                "'/etc/passwd' is an absolute path; write it relative, without the first '/'"
            ),
            (.relativePath, "../x", "'../x' leads out of its folder by '..'"),
            (.relativePath, "a/../../x", "'a/../../x' leads out of its folder by '..'"),
            (.relativePath, "a//b", "'a//b' is not a clean path; leave out empty and '.' parts"),
            (.relativePath, "./a", "'./a' is not a clean path; leave out empty and '.' parts"),
            (.relativePath, "a/", "'a/' is not a clean path; leave out empty and '.' parts"),
            (.relativePath, "a\u{0}b", "'a\\u{0}b' holds a control character or a backslash, which a path must not"),
            (.relativePath, "a\\b", "'a\\b' holds a control character or a backslash, which a path must not"),
            (.artifactSource, "file:../x", "'../x' is no absolute path; begin with '/'"),
            (.artifactSource, "file:/a/../x", "'/a/../x' leads out of its folder by '..'"),
            (
                .artifactSource, "gs://bucket/x",
                "'gs://bucket/x' is no source of this version of Waybill; use a path in the repository, or an address that "
                    + "begins with 'file:', 'https:', 's3:', 'oci:', 'mlflow:', 'hf:', 'git+https:', 'git+ssh:' or 'git+file:'"
            ),
            (.absolutePath, "token", "'token' is no absolute path; begin with '/'"),
            (
                .environmentName, "A=B",
                "'A=B' is no name of an environment variable; use letters, digits and '_', not beginning with a digit"
            ),
            (.python, "3", "'3' is no Python version; write '3.11'"),
            (.python, "2.7", "'2.7' is no Python version; write '3.11'"),
            (.urlPath, "/a/../b", "'/a/../b' is no path of a URL; begin with '/', without '..', spaces or '#'"),
            (.urlPath, "/a b", "'/a b' is no path of a URL; begin with '/', without '..', spaces or '#'"),
            (
                .version, "01.2.3",
                "'01.2.3' is not a version; expected MAJOR.MINOR.PATCH as in '1.4.0' (SemVer 2.0)"
            ),
            (.version, "1.4", "'1.4' is not a version; expected MAJOR.MINOR.PATCH as in '1.4.0' (SemVer 2.0)"),
            (.template, "a\u{0}", "text must not hold a NUL character"),
        ])
    func `other text is refused in these words`(_ format: StringFormat, _ text: String, _ message: String) {
        #expect(format.problem(in: text) == message)
    }

    @Test(
        arguments: [
            ("replcas", ["replicas", "runtime"], "replicas"), ("Replicas", ["replicas"], "replicas"),
            ("versoin", ["version", "model"], "version"), ("xyz", ["replicas"], nil),
            ("modle", ["mode", "model"], "mode"),
        ] as [(String, [String], String?)])
    func `the nearest word is suggested`(_ word: String, _ known: [String], _ expected: String?) {
        #expect(Suggestion.nearest(to: word, in: known) == expected)
    }
}
