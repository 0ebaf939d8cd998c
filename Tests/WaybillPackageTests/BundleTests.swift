import Foundation
import Glibc
import Testing
import WaybillCore
import WaybillTestSupport
import WaybillTrust

@testable import WaybillPackage

@Suite struct `Bundles` {
    /// Changes only when the format of bundles does, and then every bundle that anyone made has another digest.
    private static let golden = "sha256:ad7c59e6ac3af5609407761a38123a38ad8e71d93e1549737caba9c1a584c155"

    @Test func `a fixed version always has this digest`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let fixture = try BundleFixture(in: folder)
            let bundle = try await fixture.build(try fixture.version())
            #expect(bundle.manifest.description == Self.golden)
            #expect(bundle.layers == 6)
        }
    }

    @Test func `a fixed version without code always has this digest`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let fixture = try BundleFixture(in: folder)
            var version = try fixture.version()
            version.code = nil
            let bundle = try await fixture.build(version)
            #expect(bundle.manifest.description == Self.goldenWithoutCode)
            #expect(bundle.layers == 5)
        }
    }

    private static let goldenWithoutCode = "sha256:79033e7d0c558dc5d0251dba1008f5053ece3e9664547d42e5e6349d06c37f93"

    struct Place: CustomTestStringConvertible {
        let testDescription: String
        var mask: UInt32 = 0o022
        var variables: [String: String] = [:]
        var reversed = false
        var fromFiles = false
    }

    static let places = [
        Place(testDescription: "a careful umask", mask: 0o077),
        Place(
            testDescription: "another time zone and language", variables: ["TZ": "Asia/Tokyo", "LC_ALL": "tr_TR.UTF-8"]),
        Place(testDescription: "files in another order", reversed: true),
        Place(testDescription: "bytes from files of the machine", fromFiles: true),
    ]

    @Test(arguments: places.indices)
    func `packaged again elsewhere it is the same`(_ index: Int) async throws {
        try await withTemporaryFolder { (folder) async throws in
            let here = try BundleFixture(in: folder.appending(path: "here"))
            let first = try await here.build(try here.version())
            let there = folder.appending(path: "another folder/\(index)").path
            let locales = try await Self.locales(in: folder, for: Self.places[index])
            await #expect(processExitsWith: .success) {
                [there = there as String, locales = locales as String?, index = index as Int] in
                let place = Bundles.places[index]
                umask(place.mask)
                for (name, value) in place.variables { setenv(name, value, 1) }
                tzset()
                if let locales {
                    setenv("LOCPATH", locales, 1)
                    // The language must be in force: 1.5 is written 1,5 in it.
                    guard setlocale(LC_ALL, "") != nil, strtod("1,5", nil) == 1.5 else { exit(EXIT_FAILURE) }
                }
                let folder = URL(filePath: there)
                try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
                let fixture = try BundleFixture(in: folder)
                var version = try fixture.version()
                if place.reversed {
                    version.artifacts.reverse()
                    version.data.reverse()
                }
                if place.fromFiles {
                    for index in version.artifacts.indices {
                        let path = version.artifacts[index].path
                        let bytes = fixture.store.tree.files["models/churn/\(path)"] ?? []
                        let file = folder.appending(path: path)
                        try Data(bytes).write(to: file)
                        version.artifacts[index].source = .file(path: file.path)
                    }
                }
                let bundle = try await fixture.build(version)
                try Data(bundle.manifest.description.utf8).write(to: folder.appending(path: "digest"))
            }
            #expect(try String(contentsOfFile: "\(there)/digest", encoding: .utf8) == first.manifest.description)
        }
    }

    @Test(.enabled(if: getuid() == 0, "only root can become another user"))
    func `packaged by another user it is the same`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let here = try BundleFixture(in: folder.appending(path: "here"))
            let first = try await here.build(try here.version())
            let there = folder.appending(path: "there").path
            try FileManager.default.createDirectory(atPath: there, withIntermediateDirectories: true)
            #expect(chmod(folder.path, 0o755) == 0 && chown(there, Self.nobody, Self.nobody) == 0)
            await #expect(processExitsWith: .success) { [there = there as String] in
                guard setgroups(0, nil) == 0, setgid(Bundles.nobody) == 0, setuid(Bundles.nobody) == 0 else {
                    exit(EXIT_FAILURE)
                }
                let fixture = try BundleFixture(in: URL(filePath: there))
                let bundle = try await fixture.build(try fixture.version())
                try Data(bundle.manifest.description.utf8).write(to: URL(filePath: "\(there)/digest"))
            }
            #expect(try String(contentsOfFile: "\(there)/digest", encoding: .utf8) == first.manifest.description)
            let blob = "\(there)/state/content/layout/blobs/sha256/\(first.manifest.hex)"
            #expect(try #require(try fileStatus(blob)).st_uid == Self.nobody)
        }
    }

    static let nobody: uid_t = 65534

    /// A folder with the language of `place`, which no machine needs to have installed; nil when it names none.
    private static func locales(in folder: URL, for place: Place) async throws -> String? {
        guard let name = place.variables["LC_ALL"] else { return nil }
        let locales = folder.appending(path: "locales")
        try FileManager.default.createDirectory(at: locales, withIntermediateDirectories: true)
        let parts = name.split(separator: ".").map(String.init)
        let made = try await run(["localedef", "-i", parts[0], "-f", parts[1], locales.appending(path: name).path])
        try #require(made.status == 0, "\(made.output)")
        return locales.path
    }

    @Test func `other content is another bundle`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let fixture = try BundleFixture(in: folder)
            let version = try fixture.version()
            let first = try await fixture.build(version)
            var other = version
            other.license = "MIT"
            #expect(try await fixture.build(other).manifest != first.manifest)
            var code = version
            code.code?.commit = try CommitID(parsing: String(repeating: "d", count: 40))
            #expect(try await fixture.build(code).manifest != first.manifest)
            // The name goes to the last one that was made.
            let named = try await fixture.store.content.manifests()
            #expect(named.count == 1)
        }
    }

    @Test func `the manifest is ModelPack, one raw layer a file`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let fixture = try BundleFixture(in: folder)
            let made = try await fixture.build(try fixture.version())
            let bundle = try await fixture.store.content.bundle("churn@1.4.0")
            #expect(bundle.descriptor.digest == made.manifest)
            #expect(bundle.descriptor.artifactType == "application/vnd.cncf.model.manifest.v1+json")
            #expect(bundle.config.mediaType == "application/vnd.cncf.model.config.v1+json")
            #expect(
                bundle.layers.map { "\($0.path) \($0.mediaType)" } == [
                    "model.joblib application/vnd.cncf.model.weight.v1.raw",
                    "tokenizer.json application/vnd.cncf.model.weight.config.v1.raw",
                    ".waybill/card/churn.md application/vnd.cncf.model.doc.v1.raw",
                    ".waybill/lock/train.lock application/vnd.cncf.model.code.v1.raw",
                    ".waybill/code application/vnd.cncf.model.code.v1.tar",
                    ".waybill/modelversion.json application/vnd.cncf.model.doc.v1.raw",
                ])
            #expect(
                bundle.annotations == [
                    "dev.waybill.version": "churn@1.4.0", "dev.waybill.code.path": "train",
                    "org.opencontainers.image.source": "https://git.example/churn",
                    "org.opencontainers.image.revision": String(repeating: "c", count: 40),
                    "dev.waybill.code.tree": String(repeating: "e", count: 40),
                    "dev.waybill.data.train": Digest(of: "data".utf8).description,
                    "dev.waybill.data.test": Digest(of: "test".utf8).description,
                ])
            let version = try #require(bundle.layers.last)
            let text = try #require(try await fixture.store.content.bytes(of: version.digest))
            let spec = try #require(Value(json: text)?["spec"])
            #expect(spec["artifacts"]?.list?.first?.object?.keys.sorted() == ["digest", "path", "size"])
            #expect(text.last == UInt8(ascii: "\n"))
        }
    }

    @Test func `a path that the bundle needs and files that are not there are refused`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let fixture = try BundleFixture(in: folder)
            var version = try fixture.version()
            version.card = "docs/gone.md"
            await #expect(
                throws: Self.failure(
                    "CardMissing",
                    "the card of churn@1.4.0: commit aaaaaaaaaa has no file 'docs/gone.md'; commit the file together with its manifest"
                )
            ) { try await fixture.build(version) }
            version = try fixture.version()
            version.artifacts[0].path = ".waybill/modelversion.json"
            await #expect(
                throws: Self.failure(
                    "InvalidArtifact",
                    "the artifact path '.waybill/modelversion.json' is below '.waybill/', where the bundle keeps its own files; choose another path"
                )
            ) { try await fixture.build(version) }
            #expect(try await fixture.store.content.manifests() == [])
        }
    }

    private static func failure(_ reason: String, _ message: String) -> Failure {
        Failure(.stall, reason: reason, message: message)
    }

    @Test func `built again from its sources it is the same, or the layer that differs is named`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            var fixture = try BundleFixture(in: folder)
            let version = try fixture.version()
            let bundle = try await fixture.build(version)
            func check() async throws -> BundleCheck.Report {
                let scratch = folder.appending(path: "scratch-\(UUID().uuidString)").path
                return try await BundleCheck(
                    content: fixture.store.content, tree: fixture.store.tree,
                    readers: SourceReaders([:], repositories: fixture.repositories), refusing: []
                )
                .run("churn@1.4.0", version: version, at: fixture.store.commit, scratch: scratch)
            }
            let same = try await check()
            #expect(same.bundle == bundle.manifest && same.findings == [] && same.layers == 6)
            var store = fixture.store
            store.tree.files["docs/churn.md"] = Array("# Other\n".utf8)
            fixture = BundleFixture(store: store)
            let differs = try await check()
            #expect(
                differs.findings.map(\.path) == ["(config)", ".waybill/card/churn.md", ".waybill/modelversion.json"])
            store.tree.files["models/churn/model.joblib"] = Array("weights of fraud".utf8)
            fixture = BundleFixture(store: store)
            let wrong = try await check()
            // The rest is compared, too.
            #expect(
                wrong.findings.map(\.path) == [
                    "model.joblib", "(config)", ".waybill/card/churn.md", ".waybill/modelversion.json",
                ])
            let weights = try #require(wrong.findings.first)
            #expect(weights.expected == version.artifacts[0].digest)
            #expect(weights.found == Digest(of: "weights of fraud".utf8))
            #expect(weights.offset == 11)
            #expect(
                weights.message?.hasPrefix(
                    "'model.joblib' of churn@1.4.0 from models/churn/model.joblib is not what its manifest names")
                    == true)
            let card = wrong.findings[2]
            #expect((card.found, card.offset, card.message) == (Digest(of: "# Other\n".utf8), 2, nil))
        }
    }

    @Test(
        arguments: [
            ("weights of churn and more", 16), ("weights of", 10), ("", 0), (nil, nil),
        ] as [(String?, Int64?)])
    func `a source that gives more, less or nothing is named with where it parts`(
        _ text: String?, _ offset: Int64?
    ) async throws {
        try await withTemporaryFolder { (folder) async throws in
            let fixture = try BundleFixture(in: folder)
            var version = try fixture.version()
            version.artifacts = [try fixture.store.file("model.bin", "weights of churn")]
            try await fixture.build(version)
            let source = folder.appending(path: "sources/model.bin")
            if let text {
                try Data(text.utf8).write(to: source)
            } else {
                try FileManager.default.removeItem(at: source)
            }
            let report = try await BundleCheck(
                content: fixture.store.content, tree: fixture.store.tree,
                readers: SourceReaders([:], repositories: fixture.repositories), refusing: []
            ).run("churn@1.4.0", version: version, at: fixture.store.commit, scratch: folder.appending(path: "s").path)
            #expect(report.findings.map(\.path) == ["model.bin"])
            #expect(report.findings.first?.offset == offset)
            // Of more than there should be only so much is read.
            let isWhole = text.map { $0.utf8.count <= 16 } ?? false
            #expect(report.findings.first?.found == (isWhole ? Digest(of: (text ?? "").utf8) : nil))
        }
    }
}

extension BundleFixture {
    init(store: StoreFixture) { self.store = store }
}

/// A version stays the bundle that it was.
extension `Bundles` {
    @Test func `a version whose card has another text is refused, and its name stays`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            var fixture = try BundleFixture(in: folder)
            let first = try await fixture.build(try fixture.version())
            fixture.store.tree.files["docs/churn.md"] = Array("# Churn, better\n".utf8)
            let (content, version) = (fixture.store.content, try fixture.version())
            func refused(_ replacing: Bool) async throws -> Failure {
                try #require(
                    await #expect(throws: Failure.self) { try await fixture.build(version, replacing: replacing) })
            }
            let draft = try await refused(false)
            #expect(draft.reason == "VersionChanged" && draft.disposition == .stall)
            #expect(draft.message.hasPrefix("churn@1.4.0 is the bundle \(first.manifest), and would become sha256:"))
            #expect(
                draft.message.hasSuffix(
                    ": '.waybill/card/churn.md' is not the same; a version never changes: give what is new a new version; "
                        + "while nobody has it yet, 'waybill package build --replace' makes it another bundle"))
            #expect(try await content.names()["churn@1.4.0"]?.digest == first.manifest)

            try await content.markNoted(first.manifest, as: "churn@1.4.0")
            let fixed = try await refused(true)
            #expect(
                fixed.message.hasPrefix(
                    "churn@1.4.0 is the bundle \(first.manifest), which commit \(fixture.store.commit.short) fixed first, and "
                        + "would become sha256:"))
            #expect(
                fixed.message.hasSuffix(
                    ": '.waybill/card/churn.md' is not the same; a version never changes: give what is new a new version"
                ))
            #expect(try await content.names()["churn@1.4.0"]?.digest == first.manifest)
        }
    }
}
