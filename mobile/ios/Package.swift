// swift-tools-version:5.9

import PackageDescription

let package = Package(
    name: "tauri-plugin-afterglow",
    platforms: [.iOS(.v14)],
    products: [
        .library(name: "tauri-plugin-afterglow", type: .static, targets: ["tauri-plugin-afterglow"])
    ],
    dependencies: [
        .package(name: "Tauri", path: "../.tauri/tauri-api")
    ],
    targets: [
        .target(name: "tauri-plugin-afterglow", dependencies: [.byName(name: "Tauri")], path: "Sources")
    ]
)
