package app.afterglow.mobile

import android.content.ClipData
import android.content.Context
import android.content.Intent
import android.net.Uri
import androidx.core.content.FileProvider
import java.io.File

/** Hands files to an app that the person chooses. They lie in the cache, which the app's own provider lends from. */
internal object Sharing {
    fun chooser(
        context: Context,
        files: List<File>,
    ): Intent {
        val uris = files.map { FileProvider.getUriForFile(context, "${context.packageName}.fileprovider", it) }
        return Intent.createChooser(send(uris), null)
    }

    private fun send(uris: List<Uri>): Intent {
        val action = if (uris.size == 1) Intent.ACTION_SEND else Intent.ACTION_SEND_MULTIPLE
        val intent = Intent(action).setType("*/*").addFlags(Intent.FLAG_GRANT_READ_URI_PERMISSION)
        intent.clipData =
            ClipData.newRawUri(null, uris.first()).apply { uris.drop(1).forEach { addItem(ClipData.Item(it)) } }
        return if (uris.size == 1) {
            intent.putExtra(Intent.EXTRA_STREAM, uris.first())
        } else {
            intent.putParcelableArrayListExtra(Intent.EXTRA_STREAM, ArrayList(uris))
        }
    }
}
