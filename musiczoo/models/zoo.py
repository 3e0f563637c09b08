"""The zoo: the name of a family -> the function that builds its Model."""

from musiczoo.models.autoencoder.autoencoder import autoencoder
from musiczoo.models.autoencoder.vae import vae
from musiczoo.models.cnn import cnn
from musiczoo.models.gan.gan import gan
from musiczoo.models.infill import infill
from musiczoo.models.orderless.orderless import orderless
from musiczoo.models.rnn import gru, lstm, rnn
from musiczoo.models.structure.structure import structure
from musiczoo.models.unigram import unigram

ZOO = {
  'unigram': unigram,
  'rnn': rnn,
  'lstm': lstm,
  'gru': gru,
  'cnn': cnn,
  'infill': infill,
  'orderless': orderless,
  'gan': gan,
  'structure': structure,
  'autoencoder': autoencoder,
  'vae': vae,
}
