import Crypto
import Testing
import WaybillTrust

@Suite struct NoteTests {
    /// The key and the note of the signed-note specification's example.
    private static let exampleKey = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
    private static let exampleNote = """
        This is an example message.

        \u{2014} example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=

        """

    static func signer(_ name: String = "example.com/log", seed: UInt8 = 7) throws -> NoteSigner {
        try NoteSigner(
            name: name,
            privateKey: Curve25519.Signing.PrivateKey(rawRepresentation: [UInt8](repeating: seed, count: 32)))
    }

    @Test func `the example of the specification has its key id, and verifies`() throws {
        let key = try NoteKey(parsing: Self.exampleKey)
        #expect(key.name == "example.com/foo")
        #expect(key.id == 0x530d_903a)
        // By the formula, apart from the code that it is computed with.
        let hash = SHA256.hash(data: Array("example.com/foo\n".utf8) + [1] + key.publicKey)
        #expect(Array(hash.prefix(4)) == [0x53, 0x0d, 0x90, 0x3a])
        #expect(key.description == Self.exampleKey)
        let note = try SignedNote(parsing: Array(Self.exampleNote.utf8))
        #expect(note.text == "This is an example message.\n")
        #expect(try note.verify(with: [key]) == ["example.com/foo"])
        let altered = try SignedNote(parsing: Array(Self.exampleNote.replacing("an example", with: "no example").utf8))
        #expect(throws: NoteError.wrongSignature(name: "example.com/foo")) { try altered.verify(with: [key]) }
    }

    @Test func `a key survives its text and a secret its own`() throws {
        let signer = try Self.signer()
        #expect(try NoteKey(parsing: signer.key.description) == signer.key)
        #expect(try NoteKey(parsing: signer.key.description + "\n") == signer.key)
        #expect(try NoteSigner(parsingSecret: signer.secretText).key == signer.key)
        #expect(signer.secretText.hasPrefix("PRIVATE+KEY+example.com/log+"))
    }

    @Test(arguments: [
        ("example.com/log", "expected NAME+ID+KEY, the id in 8 hex digits, the key in base64"),
        ("+00000000+AAAA", "only type 0x01, Ed25519, is known"),
        ("a b+00000000+AQ==", "a name may hold neither white space nor '+'"),
        ("a+00000000+AQ==", "an Ed25519 key has 32 bytes"),
        ("a+0000000+AQ==", "expected NAME+ID+KEY, the id in 8 hex digits, the key in base64"),
        ("a+00000000+AQ=", "expected NAME+ID+KEY, the id in 8 hex digits, the key in base64"),
    ])
    func `a malformed key is refused with its reason`(text: String, reason: String) {
        #expect(throws: NoteError.malformedKey(reason)) { try NoteKey(parsing: text) }
    }

    @Test func `a key with another id is refused`() throws {
        let text = try Self.signer().key.description
        let parts = text.split(separator: "+", maxSplits: 2)
        #expect(throws: NoteError.malformedKey("its id does not fit its name and key")) {
            try NoteKey(parsing: "\(parts[0])+00000000+\(parts[2])")
        }
    }

    @Test func `what is signed verifies, and only with its key and text`() throws {
        let signer = try Self.signer()
        let note = try SignedNote(parsing: signer.sign("one\n\ntwo\n"))
        #expect(note.text == "one\n\ntwo\n")
        #expect(try note.verify(with: [signer.key]) == ["example.com/log"])
        #expect(throws: NoteError.noKnownSignature) { try note.verify(with: [Self.signer(seed: 8).key]) }
        #expect(throws: NoteError.noKnownSignature) { try note.verify(with: [Self.signer("other").key]) }
        var bytes = try signer.sign("one\n\ntwo\n")
        bytes[0] = UInt8(ascii: "O")
        let forged = try SignedNote(parsing: bytes)
        #expect(throws: NoteError.wrongSignature(name: "example.com/log")) { try forged.verify(with: [signer.key]) }
    }

    @Test func `signatures of strangers are ignored, a wrong one of a known key is not`() throws {
        let signer = try Self.signer()
        let stranger = try Self.signer("stranger", seed: 9)
        let text = "text\n"
        let own = String(decoding: try signer.sign(text), as: UTF8.self).dropFirst(text.count + 1)
        let other = String(decoding: try stranger.sign(text), as: UTF8.self).dropFirst(text.count + 1)
        let both = try SignedNote(parsing: Array((text + "\n" + other + own).utf8))
        #expect(both.signatures.map(\.name) == ["stranger", "example.com/log"])
        #expect(try both.verify(with: [signer.key]) == ["example.com/log"])
        let wrong = String(decoding: try stranger.sign("else\n"), as: UTF8.self).dropFirst(6)
        let mixed = try SignedNote(parsing: Array((text + "\n" + own + wrong).utf8))
        #expect(throws: NoteError.wrongSignature(name: "stranger")) {
            try mixed.verify(with: [signer.key, stranger.key])
        }
        #expect(try mixed.verify(with: [signer.key]) == ["example.com/log"])
    }

    @Test(arguments: [
        ("", "does not end with a line end"),
        ("text", "does not end with a line end"),
        ("text\n", "no empty line before signatures"),
        ("text\n\n", "no signature"),
        ("te\txt\n\n\u{2014} a AAAAAAA=\n", "holds a control character"),
        ("text\n\n- a AAAAAAA=\n", "a signature line is '\u{2014} NAME BASE64'"),
        ("text\n\n\u{2014} a  AAAAAAA=\n", "a signature line is '\u{2014} NAME BASE64'"),
        ("text\n\n\u{2014} a+b AAAAAAA=\n", "a key name may hold neither white space nor '+'"),
        ("text\n\n\u{2014} a AAAAAA==\n", "a signature is base64 of more than four bytes"),
        ("text\n\n\u{2014} a !!!!\n", "a signature is base64 of more than four bytes"),
    ])
    func `a malformed note is refused with its reason`(text: String, reason: String) {
        #expect(throws: NoteError.malformed(reason)) { try SignedNote(parsing: Array(text.utf8)) }
    }

    @Test func `bytes that are not UTF-8 and floods of signatures are refused`() {
        #expect(throws: NoteError.malformed("not UTF-8")) {
            try SignedNote(parsing: [0xFF, 0x0A, 0x0A] + Array("\u{2014} a AAAAAAA=\n".utf8))
        }
        let flood = "t\n\n" + String(repeating: "\u{2014} a AAAAAAA=\n", count: 65)
        #expect(throws: NoteError.malformed("too many signatures")) { try SignedNote(parsing: Array(flood.utf8)) }
        let sixteen = "t\n\n" + String(repeating: "\u{2014} a AAAAAAA=\n", count: 16)
        #expect(throws: Never.self) { try SignedNote(parsing: Array(sixteen.utf8)) }
    }

    @Test func `a checkpoint survives its text`() throws {
        let checkpoint = Checkpoint(origin: "example.com/log", size: 12, root: .leaf([1]), extensions: ["more"])
        #expect(try Checkpoint(parsing: checkpoint.text) == checkpoint)
        #expect(
            Checkpoint(origin: "o", size: 0, root: .empty).text
                == "o\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n")
    }

    @Test(arguments: [
        ("o\n1\n", "fewer than three lines"),
        ("o\n01\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", "the second line is not a size"),
        ("o\n-1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", "the second line is not a size"),
        ("o\n99999999999999999999\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", "the second line is not a size"),
        ("o\n1\n47DEQpj8\n", "the third line is not a hash in base64"),
        ("\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", "an empty line"),
    ])
    func `a malformed checkpoint is refused with its reason`(text: String, reason: String) {
        #expect(throws: NoteError.malformedCheckpoint(reason)) { try Checkpoint(parsing: text) }
    }

    @Test func `a checkpoint of another origin is refused though its key signed`() throws {
        let signer = try Self.signer()
        let note = try signer.sign(Checkpoint(origin: "other", size: 1, root: .empty).text)
        #expect(throws: NoteError.malformedCheckpoint("it is of the log 'other', the key of 'example.com/log'")) {
            try SignedCheckpoint(verifying: note, with: signer.key)
        }
    }
}

@Suite struct Base64Tests {
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func `the vectors of RFC 4648 hold`(plain: String, text: String) {
        #expect(Base64.encode(Array(plain.utf8)) == text)
        #expect(Base64.decode(text) == Array(plain.utf8))
    }

    @Test(arguments: ["Zg=", "Zg", "Z===", "Zh==", "Zm9=", "Zm9v\n", "Zm 9v", "Zm9v====", "=Zm9", "Zg==Zg=="])
    func `each value has one text`(text: String) {
        #expect(Base64.decode(text) == nil)
    }
}
