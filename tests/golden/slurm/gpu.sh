#!/bin/bash
#SBATCH --gres=gpu:a100:2
#SBATCH --cpus-per-gpu=8 --mem-per-gpu=40G
#SBATCH -C "ib&!old"
#SBATCH -L matlab:2
#SBATCH --partition=gpu,batch
./train
