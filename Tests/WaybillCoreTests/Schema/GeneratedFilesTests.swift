import Foundation
import Testing
import WaybillCore

/// The files that are generated from the schema are those in the tree. `WAYBILL_REGENERATE=1 swift test` writes them.
@Suite struct GeneratedFilesTests {
    private static let top = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private func expect(_ text: String, at path: String) throws {
        let file = Self.top.appending(path: path)
        if ProcessInfo.processInfo.environment["WAYBILL_REGENERATE"] == "1" {
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        let found = try String(contentsOf: file, encoding: .utf8)
        #expect(
            found == text, "\(path) is not current: run WAYBILL_REGENERATE=1 swift test --filter GeneratedFilesTests")
    }

    @Test(arguments: JSONSchema.files.keys.sorted())
    func `JSON Schemas are current`(_ name: String) throws {
        try expect(try #require(JSONSchema.files[name]), at: "manifests/schema/\(name)")
    }

    @Test func `no schema is left over`() throws {
        let found = try FileManager.default.contentsOfDirectory(
            atPath: Self.top.appending(path: "manifests/schema").path)
        #expect(Set(found) == Set(JSONSchema.files.keys))
    }

    @Test func `the field reference is current`() throws {
        try expect(FieldReference.markdown, at: "docs/manifests.md")
    }

    @Test(arguments: Kind.allCases)
    func `every field is documented, and its default has the form of the field`(_ kind: Kind) {
        check(KindSchema.of(kind).document)
    }

    @Test func `every field of the access file is documented`() {
        check(AccessSchema.document)
    }

    private func check(_ fields: [Field]) {
        #expect(Set(fields.map(\.name)).count == fields.count)
        for field in fields {
            #expect(field.documentation.hasSuffix("."), "\(field.name)")
            #expect(!field.isRequired || field.defaultValue == nil, "\(field.name) is required and has a default")
            switch field.type {
            case .string(let format):
                if let text = field.defaultValue?.string { #expect(format.problem(in: text) == nil) }
            case .choice(let words):
                if let text = field.defaultValue?.string { #expect(words.contains(text)) }
            case .integer(let range):
                if let number = field.defaultValue?.integer { #expect(range.contains(number)) }
            case .object(let inner), .list(.object(let inner), _, _): check(inner)
            case .number, .onlyTrue, .list, .map: break
            }
        }
    }
}
