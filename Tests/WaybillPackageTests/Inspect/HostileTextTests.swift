import Testing
import WaybillCore

@testable import WaybillPackage

@Suite struct `Inspecting hostile trees and text` {
    typealias Arrays = `Inspecting hostile files`

    static func text(_ text: String) -> [UInt8] { Array(text.utf8) }

    static let trees: [HostileFile] = [
        .init(
            "deep JSON", text(String(repeating: "[", count: 200)),
            "unscanned json: JSON: more than 128 levels at byte 129"),
        .init(
            "control character", text("[\"\u{1}\"]"), "unscanned json: JSON: a control character in a string at byte 3"),
        .init("half a pair", text(#"["\ud800\u0061"]"#), "unscanned json: JSON: half a surrogate pair at byte 14"),
        .init("not UTF-8", [0x5B, 0x22, 0xFF, 0x22, 0x5D], "unscanned json: JSON: the string at byte 1 is not UTF-8"),
        .init("number", text("[01]"), "unscanned json: JSON: no value at byte 1"),
        .init("huge number", text("[1e999]"), "unscanned json: JSON: the number at byte 1 is out of range"),
        .init(
            "deep UBJSON", text("{U\u{1}a" + String(repeating: "[", count: 200)),
            "unscanned xgboost-ubj: UBJSON: more than 128 levels at byte 132"),
        .init(
            "count", text("{U\u{1}a[$d#L") + big(Int64(1) << 40),
            "unscanned xgboost-ubj: UBJSON: 1099511627776 elements are more than the file can hold at byte 17"),
        .init("negative count", text("{U\u{1}a[#i") + [0xFF], "unscanned xgboost-ubj: UBJSON: no length at byte 8"),
        .init("unknown", text("{U\u{1}ay"), "unscanned xgboost-ubj: UBJSON: the unknown type 121 at byte 5"),
        .init(
            "type of nothing", text("{U\u{1}a[$Z#U\u{9}012345678"),
            "unscanned xgboost-ubj: UBJSON: no common type of elements at byte 10"),
        .init(
            "twice", text("{U\u{1}aZU\u{1}aZ}"),
            "unscanned xgboost-ubj: UBJSON: the name 'a' stands twice in one object, before it ends at byte 8"),
        .init("other UBJSON", text("{U\u{1}aZ}"), "unscanned xgboost-ubj: it is UBJSON, and no model of XGBoost"),
        .init(
            "tree count", text(#"{"learner":{"gradient_booster":{"model":{"gbtree_model_param":{"num_trees":"x"}}}}}"#),
            "unscanned json: 'x' is no count"),
        .init(
            "lightgbm without numbers", text("tree\nversion=v4\n\n"),
            "unscanned lightgbm: the header has no number 'max_feature_idx'"),
        .init(
            "lightgbm with a line twice", text("tree\na=1\na=2\n\n"), "unscanned lightgbm: the header has 'a' twice"),
        .init(
            "lightgbm names", text("tree\nnum_class=1\nmax_feature_idx=1\nfeature_names=a\n\n"),
            "unscanned lightgbm: 1 feature_names stand beside a max_feature_idx of 1"),
        .init(
            "lightgbm sizes", text("tree\nnum_class=1\nmax_feature_idx=1\ntree_sizes=999\n\nTree=0\n"),
            "unscanned lightgbm: tree 0 has 999 bytes, and 7 are left"),
        .init(
            "lightgbm end", text("tree\nnum_class=1\nmax_feature_idx=1\ntree_sizes=7\n\nTree=0\nTree=1\n"),
            "unscanned lightgbm: the trees do not end where tree_sizes says"),
        .init(
            "lightgbm features", text("tree\nnum_class=1\nmax_feature_idx=9223372036854775806\n\n"),
            "unscanned lightgbm: 9223372036854775807 features and 1 classes cannot be"),
        .init(
            "pickle of protocol 0", text("cposix\nsystem\n(S'id'\ntR."),
            #"dangerous REDUCE calls posix.system("id") at byte 22"#),
        .init(
            "pickle of protocol 0 behind marks", text("(I1\nlp0\n0cposix\nsystem\n(S'id'\ntR."),
            #"dangerous REDUCE calls posix.system("id") at byte 31"#),
        .init("nothing", [], "unscanned is empty"),
        .init("hdf5", HDF5.magic, "unscanned hdf5: ends at byte 8, before what it promises"),
        .init(
            "hdf5 behind a block",
            [UInt8](repeating: 0, count: 512) + HDF5.magic,
            "unscanned hdf5: ends at byte 520, before what it promises"),
        .init("bzip2", text("BZh91AY"), "unscanned bzip2: ends at byte 7, before what it promises"),
        .init("cut gzip", [0x1F, 0x8B, 0x08, 0], "unscanned gzip: ends at byte 4, before what it promises"),
    ]

    @Test(arguments: trees) func `what trees and text do not allow is refused`(_ file: HostileFile) { file.check() }

    @Test(arguments: [
        "# Card\n\nGood.\n", "The model\nis good.\n", "numpy==1.26\nscipy\n", "I am\n", "MIT License\n", "é\n",
    ])
    func `plain text is safe`(_ card: String) {
        let inspection = Inspector().inspect(bytes: Self.text(card), name: "README.md")
        #expect(inspection.format == "text")
        #expect(inspection.verdict == .safe)
    }

    @Test(arguments: [
        ("m.onnx", Arrays.npy(Arrays.array("'|u1'"), data: 2), "dangerous is named .onnx, and its bytes are npy"),
        ("a/m.PKL", Self.text("{}"), "dangerous is named .pkl, and its bytes are json"),
    ]) func `a name that promises another format is a finding`(_ name: String, _ bytes: [UInt8], _ line: String) {
        let inspection = Inspector().inspect(bytes: bytes, name: name)
        #expect(inspection.lines == [line])
        #expect(inspection.verdict == .dangerous)
    }
}
