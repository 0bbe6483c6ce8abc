package app.afterglow.mobile

import android.app.Activity
import android.content.ClipData
import android.content.Intent
import android.net.Uri
import android.os.Bundle

/** Takes what another app shares and hands it to the app's own window, whose activity Tauri generates. */
class ShareActivity : Activity() {
    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        forward()?.let(::startActivity)
        finish()
    }

    private fun forward(): Intent? {
        val files = (handedOver(intent) + streams()).distinct()
        val open = packageManager.getLaunchIntentForPackage(packageName)
        if (files.isEmpty() || open == null) return null
        val clip = ClipData.newRawUri(null, files.first())
        files.drop(1).forEach { clip.addItem(ClipData.Item(it)) }
        open.action = intent.action
        open.clipData = clip
        return open.addFlags(Intent.FLAG_GRANT_READ_URI_PERMISSION or Intent.FLAG_ACTIVITY_SINGLE_TOP)
    }

    /** Older apps name their files in an extra alone: one, or a list. */
    @Suppress("DEPRECATION")
    private fun streams(): List<Uri> {
        val given = intent.extras?.get(Intent.EXTRA_STREAM)
        val streams = if (given is List<*>) given else listOf(given)
        return streams.filterIsInstance<Uri>().filter { it.scheme == "content" }
    }
}
