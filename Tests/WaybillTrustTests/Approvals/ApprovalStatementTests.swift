import Testing
import WaybillCore

@testable import WaybillTrust

@Suite struct `A statement about a change` {
    @Test func `is a few lines that people read, and has one text`() throws {
        let approval = ApprovalBench.statement { $0.evidence = ApprovalBench.evidence }
        #expect(
            approval.description == """
                waybill.approval/1
                approve production/churn
                change \(ApprovalBench.change.digest)
                from \(ApprovalBench.serving)
                evidence \(ApprovalBench.evidence)
                role risk
                issued 2026-11-18T11:06:40Z
                expires 2026-11-20T11:06:40Z

                """)
        let all = [
            approval, ApprovalBench.statement(.propose), ApprovalBench.statement(.reject),
            ApprovalBench.statement { $0.from = nil },
        ]
        for statement in all {
            #expect(try ApprovalStatement(parsing: Array(statement.description.utf8)) == statement)
        }
    }

    @Test func `each kind is signed for a purpose of its own`() {
        #expect(
            ApprovalStatement.Kind.allCases.map(\.namespace) == [
                "waybill.dev/approve", "waybill.dev/reject", "waybill.dev/propose", "waybill.dev/override",
            ])
    }

    struct Broken: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let text: [UInt8]
        let problem: String

        init(
            _ what: String, _ old: String, _ new: String, _ problem: String, of kind: ApprovalStatement.Kind = .approve
        ) {
            testDescription = what
            text = Array(ApprovalBench.statement(kind).description.replacing(old, with: new, maxReplacements: 1).utf8)
            self.problem = problem
        }

        init(_ what: String, _ text: [UInt8], _ problem: String) {
            (testDescription, self.text, self.problem) = (what, text, problem)
        }
    }

    static let whole = ApprovalBench.statement().description
    static let broken: [Broken] = [
        Broken("nothing", [], "its last line has no end"),
        Broken("another format", "approval/1", "approval/2", "its text does not begin with 'waybill.approval/1'"),
        Broken(
            "another kind", "approve ", "accept ",
            "line 2 of its text does not say 'approve', 'reject', 'propose' or 'override' and a deployment"),
        Broken(
            "no deployment", "production/churn", "churn",
            "'churn' is not a deployment; expected ENVIRONMENT/NAME as in 'production/churn'"),
        Broken("a field left out", "role risk\n", "", "line 6 of its text is not 'role …'"),
        Broken("a field twice", "role risk\n", "role risk\nrole risk\n", "line 7 of its text is not 'issued …'"),
        Broken("an unknown field", "role risk\n", "role risk\nnote x\n", "line 7 of its text is not 'issued …'"),
        Broken(
            "a reason of an approval", Array((whole + "reason x\n").utf8),
            "line 9 of its text, 'reason x', is one too many"),
        Broken("an empty line more", Array((whole + "\n").utf8), "line 9 of its text, '', is one too many"),
        Broken("no last line end", Array(whole.utf8.dropLast()), "its last line has no end"),
        Broken(
            "two blanks", "role risk", "role  risk",
            "' risk' is not a name; use 1 to 63 lowercase letters, digits and '-', beginning and ending with a letter or digit"
        ),
        Broken(
            "a CR", "role risk\n", "role risk\r\n",
            "'risk\\u{d}' is not a name; use 1 to 63 lowercase letters, digits and '-', beginning and ending with a letter or digit"
        ),
        Broken(
            "letters that look alike", "role risk", "role rіsk",
            "'rіsk' is not a name; use 1 to 63 lowercase letters, digits and '-', beginning and ending with a letter or digit"
        ),
        Broken("a NUL", Array(whole.utf8) + [0, 0x0A], "line 9 of its text, '\\u{0}', is one too many"),
        Broken("no UTF-8", Array(whole.utf8) + [0xFF, 0x0A], "its text is not UTF-8"),
        Broken("too long", [UInt8](repeating: 0x0A, count: 5000), "its text is longer than 4 KiB"),
        Broken(
            "a fraction of a second", "06:40Z\nexp", "06:40.5Z\nexp",
            "'2026-11-18T11:06:40.5Z' is no time in whole seconds, as '2026-11-23T15:04:05Z'"),
        Broken(
            "a day for a time", "2026-11-20T11:06:40Z", "2026-11-20",
            "'2026-11-20' is no time in whole seconds, as '2026-11-23T15:04:05Z'"),
        Broken("no end", "expires 2026-11-20T11:06:40Z", "expires never", "an approval must say when it ends"),
        Broken("an end before the beginning", "2026-11-20", "2026-11-18", "it ends before it begins"),
        Broken(
            "a digest in capitals", "sha256:", "SHA256:",
            "'SHA256:\(ApprovalBench.change.digest.hex)' is not a digest; expected 'sha256:' and 64 lowercase hex digits"
        ),
        Broken(
            "a reason that turns the reading", "not yet", "not\u{202E}yet",
            "its reason holds a control or an invisible character", of: .reject),
        Broken(
            "a reason with a tab", "not yet", "not\tyet", "its reason holds a control or an invisible character",
            of: .reject),
        Broken("no reason", "reason not yet\n", "", "line 9 of its text is not 'reason …'", of: .reject),
        Broken(
            "a reason without end", "not yet", String(repeating: "x", count: 501), "a reason has 1 to 500 letters",
            of: .reject),
    ]

    @Test(arguments: broken) func `is refused in any other form`(_ broken: Broken) {
        #expect(throws: InvalidInput(broken.problem)) { try ApprovalStatement(parsing: broken.text) }
    }

    @Test func `a file holds the signature and then the text, and comes back to the byte`() throws {
        let signed = ApprovalBench.signed(ApprovalBench.statement(), 1)
        #expect(try SignedStatement(file: signed.file) == signed)
        #expect(try signed.verify().key == ApprovalBench.secret(1).publicKey)
    }

    @Test func `no bit of a file can be changed, and none makes a crash`() throws {
        let file = ApprovalBench.signed(ApprovalBench.statement(), 1).file
        var survivors: [Int] = []
        for place in file.indices {
            var altered = file
            altered[place] ^= 0x01
            if (try? SignedStatement(file: altered).verify()) != nil { survivors.append(place) }
            _ = try? SignedStatement(file: Array(file[..<place]))
        }
        // Between the letters of an armored signature any white space is as good as a line end, for OpenSSH too.
        #expect(survivors.allSatisfy { file[$0] == 0x0A && $0 < file.count - Self.whole.utf8.count })
    }

    @Test(arguments: [
        ("the text alone", Array(whole.utf8), "it has no line '-----END SSH SIGNATURE-----'"),
        ("a long file", [UInt8](repeating: 0x61, count: 17 << 10), "longer than 16 KiB"),
        (
            "no signature", Array("-----END SSH SIGNATURE-----\n\(whole)".utf8),
            "not an SSH signature: it does not begin with '-----BEGIN SSH SIGNATURE-----'"
        ),
    ])
    func `a file of another form is refused`(_ what: String, _ file: [UInt8], _ problem: String) {
        #expect(throws: InvalidInput(problem)) { try SignedStatement(file: file) }
    }

    @Test func `a path is read as it is written, and nothing else is one`() throws {
        for kind in ApprovalStatement.Kind.allCases {
            let path = ApprovalPath(ApprovalBench.statement(kind), of: ApprovalBench.name("alice"))
            #expect(try ApprovalPath(parsing: path.description) == path)
        }
        let path = ApprovalPath(ApprovalBench.statement(), of: ApprovalBench.name("alice")).description
        for other in [
            path + ".", path + "/x", path.replacing("alice", with: "Alice"), path.replacing(".approval", with: ".txt"),
            path.replacing("production/", with: ""), "x" + path, path.replacing("/alice", with: "0/alice"), "",
        ] {
            #expect(throws: InvalidInput.self) { try ApprovalPath(parsing: other) }
        }
    }
}
