import Foundation
import Testing
import WaybillCore

@testable import WaybillPackage

/// No dangerous file passes, and no clean one is refused under the shipped list.
@Suite struct PickleCorpusTests {
    private func words(_ file: URL, _ inspection: Inspection) -> Comment {
        "\(file.lastPathComponent): \(inspection.verdict) \(inspection.findings.map(\.message))"
    }

    @Test func `no adversarial file is safe, and what is dangerous is said to be`() async throws {
        try await PickleCorpus.withAdversarial { files in
            #expect(files.count >= 150)
            for file in files {
                let inspection = Inspector(allowing: .shipped).inspect(path: file.path)
                if file.lastPathComponent.hasPrefix("refused-") {
                    #expect(inspection.verdict != .safe, words(file, inspection))
                } else {
                    #expect(inspection.verdict == .dangerous, words(file, inspection))
                }
                #expect(inspection.findings.allSatisfy { !$0.message.isEmpty && $0.message.count < 800 })
            }
        }
    }

    @Test func `models of real libraries are safe under the shipped list`() async throws {
        try await PickleCorpus.withClean { files in
            #expect(files.count >= 60)
            for file in files {
                let inspection = Inspector(allowing: .shipped).inspect(path: file.path)
                #expect(inspection.verdict == .safe, words(file, inspection))
            }
        }
    }

    @Test func `every model is dangerous under an empty list`() async throws {
        try await PickleCorpus.withAdversarial { files in
            for file in files where file.lastPathComponent.hasPrefix("global-reduce") {
                #expect(Inspector(allowing: AllowList()).inspect(path: file.path).verdict == .dangerous)
            }
        }
    }
}

/// What is said of a pickle, to the letter.
@Suite struct PickleFindingTests {
    private func look(_ bytes: [UInt8], allowing: AllowList = .shipped) -> [String] {
        PickleInspector(allowing: allowing).inspect(MemoryBytes(content: bytes)).findings.map {
            "\($0.verdict.rawValue): \($0.message)"
        }
    }

    private func look(_ text: String) -> [String] { look(Array(text.utf8)) }

    @Test(arguments: [
        ("cposix\nsystem\n(Vid\ntR.", #"dangerous: REDUCE calls posix.system("id") at byte 20"#),
        ("(S'id'\niposix\nsystem\n.", #"dangerous: INST calls posix.system("id") at byte 7"#),
        ("(cposix\nsystem\nVid\no.", #"dangerous: OBJ calls posix.system("id") at byte 19"#),
        ("cos\nsystem\n.", "dangerous: GLOBAL imports os.system, which is not on the allow list, at byte 0"),
        ("c__builtin__\neval\n.", "dangerous: GLOBAL imports builtins.eval, which is not on the allow list, at byte 0"),
        (
            "cnumpy\n__loader__\n.",
            "dangerous: GLOBAL imports numpy.__loader__, a name of Python's own machinery, at byte 0"
        ),
        ("cnumpy\na.b\n.", "dangerous: GLOBAL imports numpy.a.b, which reaches inside another name, at byte 0"),
        ("NVsystem\n\u{93}", "unscanned: there is no opcode 0xc2 at byte 9"),
        (
            "ccollections\nOrderedDict\n(db.",
            "dangerous: BUILD changes collections.OrderedDict itself, not an instance of it, at byte 27"
        ),
        (
            "ccollections\nOrderedDict\n(tR(tR.",
            "dangerous: REDUCE calls collections.OrderedDict(…), the result of another call, at byte 30"
        ),
        (
            "cxgboost.core\nBooster\n(NtR.",
            "dangerous: REDUCE calls xgboost.core.Booster(None), which may only be made without being called, at byte 25"
        ),
        (
            "c_codecs\nencode\n(Vx\nVevil\ntR.",
            #"dangerous: REDUCE calls _codecs.encode("x", "evil"), which converts by something else than Latin-1, at byte 27"#
        ),
        ("Pevil\n.", "dangerous: PERSID asks the loading program for an object of its own at byte 0"),
        ("(lp0\n.more", "unscanned: after the end of a pickle at byte 6: there is no opcode 0x6d at byte 6"),
    ])
    func `a sentence says why`(pickle: String, expected: String) throws {
        let report = PickleInspector(allowing: .shipped)
        let whole = report.inspectUnknown(MemoryBytes(content: Array(pickle.utf8)))
        let head: [UInt8] = [0x80, 0x02]
        let found =
            whole?.findings.first ?? report.inspect(MemoryBytes(content: head + Array(pickle.utf8))).findings.first
        let shift = whole == nil ? 2 : 0
        let finding = try #require(found)
        #expect("\(finding.verdict.rawValue): \(shifted(finding.message, by: shift))" == expected)
    }

    /// Places of a pickle that got two bytes in front.
    private func shifted(_ message: String, by shift: Int) -> String {
        guard shift > 0 else { return message }
        return message.replacing(/at byte (\d+)/) { "at byte \((Int($0.1) ?? 0) - shift)" }
    }

    @Test func `an extension is never known`() {
        #expect(
            look([0x80, 0x02, 0x82, 0x05, 0x2E]) == [
                "dangerous: EXT1 imports extension 5 of the loading program at byte 2"
            ])
    }

    @Test func `a text that is no pickle is not called one`() {
        #expect(look("# config\nname: x\n") == ["unscanned: its bytes are no pickle and no other format known here"])
    }

    @Test func `a hostile name cannot recolour a terminal`() {
        #expect(
            look([0x80, 0x02] + Array("cos\n\u{1B}[31m\n.".utf8)) == [
                #"dangerous: GLOBAL imports os.\u{1b}[31m, which is not on the allow list, at byte 2"#
            ])
    }

    @Test func `findings are bounded`() {
        let one = Array("cos\nsystem\n(tR0".utf8)
        let found = look([0x80, 0x02] + (0..<100).flatMap { _ in one } + Array("N.".utf8))
        #expect(found.count == 21)
        #expect(found.last == "dangerous: and 80 more of this kind")
    }
}

@Suite struct AllowListTests {
    @Test func `the shipped list is the file under manifests`() throws {
        let file = PickleCorpus.scripts.appending(path: "../../../manifests/allow/models.txt").standardizedFileURL
        let text = try String(contentsOf: file, encoding: .utf8)
        #expect(AllowList.shippedText == text, "run scripts/embed-allow-list")
        #expect(try AllowList(parsing: text, file: "models.txt").count == AllowList.shipped.count)
        #expect(AllowList.shipped.count > 200)
    }

    @Test(arguments: [
        (
            "os",
            "a:1: error: expected 'module name', or 'module name new' for a class that is made without being called"
        ),
        (
            "# well\nos system now",
            "a:2: error: expected 'module name', or 'module name new' for a class that is made without being called"
        ),
        (
            "os path.join",
            "a:1: error: 'path.join' is no plain name; a name with a dot reaches inside another, and cannot be allowed"
        ),
        ("os __import__", "a:1: error: '__import__' begins and ends with '__', and cannot be allowed"),
        ("__main__ Model", "a:1: error: '__main__' is no name of a module"),
        ("os. system", "a:1: error: 'os.' is no name of a module"),
    ])
    func `a broken line is refused`(text: String, expected: String) {
        #expect(throws: InvalidInput(expected)) { try AllowList(parsing: text, file: "a") }
    }

    @Test func `an operator's own names are added`() throws {
        let own = try AllowList(parsing: "  acme.models  Churn new # ours\n\n", file: "a")
        #expect(AllowList.shipped.merging(own).count == AllowList.shipped.count + 1)
        let pickle: [UInt8] = [0x80, 0x02] + Array("cacme.models\nChurn\n)".utf8) + [0x81, 0x7D, 0x62, 0x2E]
        let source = MemoryBytes(content: pickle)
        #expect(PickleInspector(allowing: own).inspect(source).verdict == .safe)
        #expect(PickleInspector(allowing: .shipped).inspect(source).verdict == .dangerous)
    }
}

/// Chance against the interpreter: it never crashes, and no file costs more than its size allows.
@Suite struct PickleFuzzTests {
    private struct Chance: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 29)
        }
    }

    @Test func `mutated pickles neither crash nor take long`() async throws {
        let seconds = ProcessInfo.processInfo.environment["WAYBILL_FUZZ_SECONDS"].flatMap(Double.init) ?? 3
        let seed = ProcessInfo.processInfo.environment["WAYBILL_FUZZ_SEED"].flatMap(UInt64.init) ?? 4
        try await PickleCorpus.withAdversarial { files in
            let small = files.filter { !$0.lastPathComponent.contains("bomb") }
            let corpus = try small.map { [UInt8](try Data(contentsOf: $0)) }
            var chance = Chance(state: seed)
            let end = Date(timeIntervalSinceNow: seconds)
            let inspector = PickleInspector(allowing: .shipped)
            var slowest: Duration = .zero
            while Date() < end {
                for _ in 0..<50 {
                    let bytes = mutate(corpus, &chance)
                    slowest = max(
                        slowest,
                        ContinuousClock().measure {
                            _ = inspector.inspect(MemoryBytes(content: bytes))
                        })
                }
            }
            #expect(slowest < .seconds(5), "seed \(seed)")
        }
    }

    private func mutate(_ corpus: [[UInt8]], _ chance: inout Chance) -> [UInt8] {
        var bytes = corpus.randomElement(using: &chance) ?? []
        for _ in 0..<Int.random(in: 1...6, using: &chance) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &chance)
            switch Int.random(in: 0..<5, using: &chance) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &chance)
            case 1: bytes[place] = (Opcode.allCases.randomElement(using: &chance) ?? .stop).rawValue
            case 2: bytes.remove(at: place)
            case 3: bytes.insert((Opcode.allCases.randomElement(using: &chance) ?? .stop).rawValue, at: place)
            case _:
                let other = corpus.randomElement(using: &chance) ?? []
                bytes.insert(contentsOf: other.prefix(Int.random(in: 0...200, using: &chance)), at: place)
            }
        }
        return bytes
    }
}
